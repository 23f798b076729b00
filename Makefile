# ptop: what is built, checked and written. `make check` is what CI holds; `go test ./...` is the tests alone.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD = -trimpath -ldflags "-s -w -X ptop/internal/cli.version=$(VERSION)"
TOOL = go tool -modfile=tools/go.mod
SYSTEMS = linux/amd64 linux/arm64 darwin/arm64 freebsd/amd64 windows/amd64
# A count, not a time: at the end of a time go test can report its own deadline as a failure (go.dev/issue/75804).
FUZZTIME ?= 20000x
# Of bench-peers: idle processes, rounds of the screens and their seconds, ptop's --source in turn ("auto" is none), the document.
SIZES ?= 300 3000 10000
ROUNDS ?= 3
SECONDS_EACH ?= 10
PTOP_VARIANTS ?= auto
PEERS_DOC ?= docs/performance.md
# Of bpf-kernels: PACKAGE[/SUITE] of Debian.
KERNELS ?= linux-image-amd64

.PHONY: build test check fmt vet staticcheck deadcode bpf bpf-current race cross docs screen diagnosis bench bench-peers bpf-kernels fuzz tidy clean

build: ## one static binary, ./ptop
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o ptop ./cmd/ptop

test:
	go test ./...

check: fmt vet staticcheck deadcode bpf-current tidy cross race fuzz
	@echo "check: all gates passed"

fmt: ## gofumpt would change nothing
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go' ':!*_bpfel.go')); test -z "$$out" || { echo "not in gofumpt's form (make format mends it):"; echo "$$out"; exit 1; }

format:
	$(TOOL) gofumpt -w $$(git ls-files '*.go' ':!*_bpfel.go')

vet:
	go vet ./...

staticcheck:
	$(TOOL) staticcheck ./...

deadcode: ## no function that the program does not reach, and none of the tests' own that they do not
	@out=$$($(TOOL) deadcode ./cmd/ptop ./internal/gendocs ./internal/benchpeers; $(TOOL) deadcode -test ./...); test -z "$$out" || { echo "unreachable:"; echo "$$out"; exit 1; }

# One object for amd64 and arm64: both are little-endian, and the kernel's structures are found when it is loaded. The compiler
# is Debian 12's, by its version, so that everybody's object is the same.
CLANG = clang-14
LLVM_STRIP = llvm-strip-14
BPF2GO = $(TOOL) bpf2go -cc $(CLANG) -strip $(LLVM_STRIP) -target bpfel -tags linux -cflags "-O2 -g -Wall -Werror" -type is -go-package bpf

bpf: ## the task iterator's object and its Go declarations, from collect/bpf/task.bpf.c; needs clang-14, llvm-14, libbpf-dev
	$(BPF2GO) -output-dir collect/bpf task collect/bpf/task.bpf.c

bpf-current: ## the committed object is what the source gives
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && $(BPF2GO) -output-dir "$$dir" task collect/bpf/task.bpf.c && \
		for f in task_bpfel.o task_bpfel.go; do cmp "$$dir/$$f" "collect/bpf/$$f" || { echo "collect/bpf/$$f is not what task.bpf.c gives: make bpf"; exit 1; }; done

tidy: ## go.mod and go.sum say what the code uses
	go mod tidy -diff

race:
	go test -race ./...

cross: ## it builds for every system it is meant for
	@for s in $(SYSTEMS); do echo "build $$s"; CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} go build -o /dev/null ./cmd/ptop || exit 1; \
		CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} go vet ./... || exit 1; done

docs: ## the generated documents: columns, detectors, keys, flags, schema
	go run ./internal/gendocs

screen: ## docs/screens: pictures of the real program on this machine, with sick processes made for them, as root
	go run ./internal/gendocs --screen

diagnosis: ## docs/diagnosis.md: every sick and healthy case made for real, and what ps, top and ptop say of it
	go test ./detect -count 1 -args -diagnosis=../docs/diagnosis.md

bench: ## time and allocations; the scan beside its floor in the same run
	go test -run '^$$' -bench . -benchtime 1s ./collect ./collect/bpf ./collect/taskstats ./collect/events ./tree ./detect ./export ./internal/view ./ui

bench-peers: build ## ptop beside top, htop, btop and ps on the same load, with the floor of /proc: docs/performance.md
	go run ./internal/benchpeers -ptop ./ptop -sizes "$(SIZES)" -rounds $(ROUNDS) -seconds $(SECONDS_EACH) -variants "$(PTOP_VARIANTS)" -out $(PEERS_DOC)

bpf-kernels: ## which kernels take the task iterator; downloads Debian's and boots them, some minutes each, as root
	collect/bpf/kernels $(KERNELS)

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "fuzz $$pkg $$target"; go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; done; done

clean:
	rm -f ptop
