package redact

import (
	"strings"
	"sync"
)

// shortOption is a one-letter option with a secret.
type shortOption struct {
	name  string
	apart bool // the secret may be the next argument; if not, that is something else (mysql -p DATABASE)
	front bool // only before the first argument that is no option: a command follows
}

// mysqlClients are the programs that take the options of mysql.
var mysqlClients = []string{
	"mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlcheck", "mysqlshow", "mysqlslap", "mysqlpump", "mysqlbinlog", "mysqlsh", "mysql_upgrade",
	"mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-check", "mariadb-show", "mariadb-slap", "mariadb-binlog", "mariadb-upgrade",
}

// shortOptions are those that programs have, by the program's name.
var shortOptions = sync.OnceValue(func() map[string]shortOption {
	all := map[string]shortOption{"sshpass": {name: "-p", apart: true, front: true}}
	for option, programs := range map[string]string{
		"-a": "redis-cli", "-p": "mongo mongosh mongodump mongorestore mongoexport mongoimport",
		"-u": "curl", "-w": "ldapsearch ldapmodify", "-U": "smbclient", "-P": "sqlcmd bcp zip unzip",
	} {
		for name := range strings.FieldsSeq(programs) {
			all[name] = shortOption{name: option, apart: true}
		}
	}
	for _, name := range append([]string{"7z", "7za", "7zr"}, mysqlClients...) {
		all[name] = shortOption{name: "-p"}
	}
	return all
})

// runsOthers are programs with another one's command line among their arguments.
var runsOthers = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq("sshpass sudo doas env nice ionice nohup setsid timeout time watch xargs strace stdbuf flock chroot nsenter unshare " +
		"runuser su ssh docker podman nerdctl kubectl crictl") {
		all[name] = true
	}
	return all
})

// after gives the short option that counts behind arg: that of the program which it names.
func (s shortOption) after(arg string) shortOption {
	name := base(arg)
	if next, found := shortOptions()[name]; found {
		return next
	}
	if s.front && !strings.HasPrefix(arg, "-") {
		return shortOption{}
	}
	return s
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// shellWord is a value as a shell command has it.
const shellWord = `("[^"]*"|'[^']*'|[^\s"';|&]+)`

func (p *patterns) maskShort(arg string) string {
	if !strings.Contains(arg, "-p") {
		return arg
	}
	arg = p.sshpassShort.ReplaceAllString(arg, "${1}"+Mask)
	return p.mysqlShort.ReplaceAllString(arg, "${1}"+Mask)
}
