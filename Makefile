# Every target works on a fresh clone with Go alone, but for e2e, screenshots
# and lint, which install what they need.
GO      ?= go
BIN     := bin
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.7.2
VULN    := golang.org/x/vuln/cmd/govulncheck@v1.1.4
FUZZ    ?= 60s
BENCH   ?= 1000000
JUDGES  ?= collect hostile feeds extract changes queries sentiment entities linking safety language stories activity spikes

.PHONY: run test race e2e lint bench fuzz judge screenshots build clean

run: build ## the demo: everything, on a small web of its own
	./$(BIN)/earshot demo

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN)/earshot ./cmd/earshot

test: ## needs Go alone, no network
	$(GO) test ./...

race:
	$(GO) test -race -skip TestKilledAtAnyMoment ./... # its processes are killed, not watched

e2e: build ## real peers: installs what it needs, fails without it
	cd e2e && EARSHOT=$(CURDIR)/$(BIN)/earshot ./run

lint:
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...

bench: ## figures for docs/performance.md; the index with 100,000 and $(BENCH) mentions
	$(GO) test -run '^$$' -bench . -benchmem $$($(GO) list ./... | grep -v /index$$)
	$(GO) test -run '^$$' -bench 'Put|Open' -size 100000 ./index
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; for n in 100000 $(BENCH); do \
	  $(GO) test -run '^$$' -bench 'Index|Voices|Fold' -benchtime 20x -timeout 2h -size $$n -keep $$dir/$$n ./index || exit 1; \
	  $(GO) test -run '^$$' -bench Live -benchtime 2000x -timeout 2h -size $$n -keep $$dir/$$n ./index || exit 1; \
	  du -sb $$dir/$$n; \
	done
	$(GO) test -run '^$$' -bench Data -benchtime 1x -timeout 1h -size 100000 ./internal/daemon
	for n in 100000 $(BENCH); do $(GO) test -run '^$$' -bench Pages -benchtime 40x -timeout 3h -size $$n ./internal/daemon || exit 1; done

fuzz: ## every fuzz target for $(FUZZ)
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ) $$pkg || exit 1; \
	  done; \
	done

judge: build ## scores the binary on real data, where that is at hand
	@for j in $(JUDGES); do \
	  EARSHOT=$(CURDIR)/$(BIN)/earshot python3 ../shared/judge/$$j.py || echo "judge $$j: goals missed"; \
	done

screenshots: build ## every page, both themes and widths, into screenshots/
	cd e2e && EARSHOT=$(CURDIR)/$(BIN)/earshot ./run screenshots

clean:
	rm -rf $(BIN) screenshots
