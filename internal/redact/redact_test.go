package redact

import (
	"context"
	"strings"
	"testing"

	"ptop/pcb"
)

func TestSecrets(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"nginx -g daemon", "nginx -g daemon"},
		{"app --password hunter2 -v", "app --password *** -v"},
		{"app --password=hunter2", "app --password=***"},
		{"app --db-password hunter2", "app --db-password ***"},
		{"app -password hunter2", "app -password ***"},
		{"app --token --verbose", "app --token --verbose"},
		{"app --api-key=k --apikey=k --api_key k", "app --api-key=*** --apikey=*** --api_key ***"},
		{"app --password-file /etc/pw", "app --password-file /etc/pw"},
		{"app --passive x --tokenizer bpe", "app --passive x --tokenizer bpe"},
		{"env PGPASSWORD=x AWS_SECRET_ACCESS_KEY=y PATH=/bin psql", "env PGPASSWORD=*** AWS_SECRET_ACCESS_KEY=*** PATH=/bin psql"},
		{"git clone https://joe:pw@example.com/x", "git clone https://joe:***@example.com/x"},
		{"git clone https://tok3n@example.com/x", "git clone https://***@example.com/x"},
		{"ssh git@example.com", "ssh git@example.com"},
		{"app postgres://u:p@db/x?sslmode=off", "app postgres://u:***@db/x?sslmode=off"},
		{"curl https://h/x?token=abc&y=1", "curl https://h/x?token=***&y=1"},
		{"curl -u joe:pw https://h", "curl -u *** https://h"},
		{"mysql -uroot -phunter2 db", "mysql -uroot -p*** db"},
		{"/usr/bin/mysqldump -pS3cret --all-databases", "/usr/bin/mysqldump -p*** --all-databases"},
		{"mariadb-admin -pS3cret ping", "mariadb-admin -p*** ping"},
		{"mysql -p shop", "mysql -p shop"},
		{"mysql -P3306 --port 3306 --protocol=tcp", "mysql -P3306 --port 3306 --protocol=tcp"},
		{"mysqld -p3306", "mysqld -p3306"},
		{"sudo -u root mysqladmin -pS3cret ping", "sudo -u root mysqladmin -p*** ping"},
		{"docker exec -i db mysql -uroot -pS3cret", "docker exec -i db mysql -uroot -p***"},
		{"docker run -p 80:80 -p81:81 web", "docker run -p 80:80 -p81:81 web"},
		{"timeout 5 mongo -u joe -p pw", "timeout 5 mongo -u joe -p ***"},
		{"7z a -pS3cret x.7z", "7z a -p*** x.7z"},
		{"sshpass -p pw ssh h", "sshpass -p *** ssh h"},
		{"sshpass -ppw ssh -p 22 h", "sshpass -p*** ssh -p 22 h"},
		{"sshpass -e ssh -p 22 h", "sshpass -e ssh -p 22 h"},
		{"sshpass -p pw mysql -pS3cret", "sshpass -p *** mysql -p***"},
		{"vim mysql -px", "vim mysql -px"},
		{"grep curl -u joe", "grep curl -u joe"},
		{"/usr/bin/redis-cli -a pw", "/usr/bin/redis-cli -a ***"},
		{"ls -p dir", "ls -p dir"},
		{"tool ghp_0123456789abcdefghij", "tool ***"},
		{"tool AKIA0123456789ABCDEF", "tool ***"},
		{"tool eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "tool ***"},
	} {
		in := strings.ReplaceAll(c.in, " ", "\x00")
		if got := strings.ReplaceAll(Rules{Secrets: true}.Cmdline(in), "\x00", " "); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSecretsWithinAnArgument(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Authorization: Bearer abc.def", "Authorization: Bearer ***"},
		{"X-Api-Key: abc", "X-Api-Key: ***"},
		{`{"user": "joe", "password": "p w", "n": 1}`, `{"user": "joe", "password": ***, "n": 1}`},
		{"mysql --password hunter2 -e 'select 1'", "mysql --password *** -e 'select 1'"},
		{"export TOKEN=abc; run", "export TOKEN=***; run"},
		{"mysqldump -uroot -pS3cret shop | gzip -p4 >x", "mysqldump -uroot -p*** shop | gzip -p4 >x"},
		{"cd /x && mariadb -e 'select 1' '-pS3cret'; ls -p", "cd /x && mariadb -e 'select 1' '-p***'; ls -p"},
		{`mysql -p"two words" shop`, "mysql -p*** shop"},
		{"mysql -p shop && ls -plain", "mysql -p shop && ls -plain"},
		{"sshpass -p 'p w' ssh -p 22 h", "sshpass -p *** ssh -p 22 h"},
		{"sshpass -e ssh -p 22 h", "sshpass -e ssh -p 22 h"},
		{"not-mysql -pages", "not-mysql -pages"},
		{"postgres: writer process", "postgres: writer process"},
		{"PASSWORD=two words", "PASSWORD=***"},
	} {
		if got := (Rules{Secrets: true}).Args([]string{"sh", "-c", c.in})[2]; got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func TestNoArgs(t *testing.T) {
	for in, want := range map[string]string{
		"/bin/app\x00--secret\x00x\x00": "/bin/app",
		"nginx: master process\x00":     "nginx:",
		"/opt/my app\x00-v\x00":         "/opt/my app",
		"":                              "",
	} {
		if got := (Rules{NoArgs: true}).Cmdline(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

type fixed []pcb.Process

func (f fixed) Collect(_ context.Context, s *pcb.Snapshot) error {
	s.Procs = append(s.Procs[:0], f...)
	return nil
}

func TestSourceMasksEveryReading(t *testing.T) {
	s := NewSource(fixed{{Cmdline: "a\x00--token\x00x"}, {Cmdline: "b"}, {Cmdline: "a\x00--token\x00x"}}, Rules{Secrets: true})
	for range 3 {
		var snap pcb.Snapshot
		if err := s.Collect(context.Background(), &snap); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"a\x00--token\x00***", "b", "a\x00--token\x00***"} {
			if got := snap.Procs[i].Cmdline; got != want {
				t.Errorf("process %d has %q, want %q", i, got, want)
			}
		}
	}
}

func TestDetail(t *testing.T) {
	d := &pcb.Detail{Args: []string{"a", "--token", "x"}, Environ: []string{"A_TOKEN=x", "HOME=/"}, Process: pcb.Process{Cmdline: "a\x00--token\x00x"}}
	args := d.Args
	Rules{Secrets: true}.Detail(d)
	if d.Args[2] != Mask || d.Environ[0] != "A_TOKEN="+Mask || d.Environ[1] != "HOME=/" || strings.HasSuffix(d.Process.Cmdline, "x") {
		t.Errorf("the detail still holds secrets: %q %q %q", d.Args, d.Environ, d.Process.Cmdline)
	}
	if args[2] != "x" {
		t.Error("the arguments of the caller were written to")
	}
}

func FuzzCmdline(f *testing.F) {
	for _, seed := range []string{"a\x00--password\x00x", "mysql\x00-px", "\x00\x00", "a --token=", "sudo\x00mysql\x00-px", "mysql -px", "sshpass -p -p -p", "x://:@", "\xff=\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := Rules{Secrets: true}.Cmdline(line)
		if again := (Rules{Secrets: true}).Cmdline(got); again != got {
			t.Fatalf("masking is not stable: %q becomes %q becomes %q", line, got, again)
		}
		if strings.Count(got, "\x00") != strings.Count(line, "\x00") {
			t.Fatalf("%q becomes %q: the number of arguments changed", line, got)
		}
		const secret = "s3cr3tvalue"
		for _, form := range []string{"--password\x00" + secret, "--password=" + secret, "DB_PASSWORD=" + secret, "ftp://u:" + secret + "@h"} {
			args := strings.Trim(line, "\x00") + "\x00" + form
			if masked := (Rules{Secrets: true}).Cmdline(args); strings.Contains(masked[strings.LastIndexByte(masked, 0)+1:], secret) {
				t.Fatalf("%q keeps its secret: %q", args, masked)
			}
		}
	})
}
