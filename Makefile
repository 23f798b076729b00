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

.PHONY: build test check fmt vet staticcheck deadcode race cross docs screen diagnosis bench bench-peers bpf-kernels fuzz tidy clean

build: ## one static binary, ./ptop
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o ptop ./cmd/ptop

test:
	go test ./...

check: fmt vet staticcheck deadcode tidy cross race fuzz
	@echo "check: all gates passed"

fmt: ## gofumpt would change nothing
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not in gofumpt's form (make format mends it):"; echo "$$out"; exit 1; }

format:
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

vet:
	go vet ./...

staticcheck:
	$(TOOL) staticcheck ./...

deadcode: ## no function that the program does not reach, and none of the tests' own that they do not
	@out=$$($(TOOL) deadcode ./cmd/ptop ./internal/gendocs ./internal/benchpeers; $(TOOL) deadcode -test ./...); test -z "$$out" || { echo "unreachable:"; echo "$$out"; exit 1; }

tidy: ## go.mod and go.sum say what the code uses
	go mod tidy -diff

race:
	go test -race ./...

cross: ## it builds for every system it is meant for
	@for s in $(SYSTEMS); do echo "build $$s"; CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} go build -o /dev/null ./cmd/ptop || exit 1; \
		CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} go vet ./... || exit 1; done

docs: ## the generated documents: columns, detectors, keys, flags, schema
	go run ./internal/gendocs

screen: ## the README's picture, from the real program on this machine with sick processes made for it
	go run ./internal/gendocs --screen

diagnosis: ## docs/diagnosis.md: every sick and healthy case made for real, and what ps, top and ptop say of it
	go test ./detect -count 1 -args -diagnosis=../docs/diagnosis.md

bench: ## time and allocations; the scan beside its floor in the same run
	go test -run '^$$' -bench . -benchtime 1s ./collect ./collect/events ./tree ./detect ./export ./internal/view ./ui

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
