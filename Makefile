# Skald. `make` lists what there is to do.
TOOL = go tool -modfile=tools/go.mod
CLIENT = $(TOOL) oapi-codegen -config client/generate.yaml api/openapi.yaml
SHELL = bash
LEAN = $(patsubst %,./services/%,user product pricing inventory order payment payment/stripepay notification notification/letters notification/smtpmail)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: dev
dev: ## run the whole platform on this machine
	go run ./cmd/dev

.PHONY: test
test: ## every test, on real Postgres and a real Temporal server too
	go test ./...

.PHONY: test-light
test-light: ## the tests that need neither Postgres nor a Temporal server
	go test ./internal/fault ./internal/money ./internal/id ./internal/text ./internal/pg ./internal/config ./internal/devstack/psp ./workflows/... ./activities ./workers ./api/... ./client $(LEAN) ./test/house

.PHONY: check
check: fmt vet lint test-light ## format, vet, lint and the light tests

.PHONY: verify
verify: fmt vet sqlc-diff openapi-diff openapi-lint client-diff workflowcheck lint ## every check that is not a test

.PHONY: fmt
fmt: ## fail on files that gofmt would change
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "run gofmt on:"; echo "$$out"; exit 1; }

.PHONY: vet
vet: ## go vet
	go vet ./...

.PHONY: lint
lint: ## golangci-lint
	$(TOOL) golangci-lint run --allow-parallel-runners ./...

.PHONY: generate
generate: ## regenerate the sqlc packages, the OpenAPI document, the client and docs/environment.md
	$(TOOL) sqlc generate
	go run ./cmd/skald openapi > api/openapi.yaml
	$(CLIENT) > client/client.gen.go
	go run ./cmd/skald environment > docs/environment.md

.PHONY: sqlc-diff
sqlc-diff: ## fail if the sqlc packages are not what their queries say
	$(TOOL) sqlc diff

.PHONY: openapi-diff
openapi-diff: ## fail if api/openapi.yaml is not what the code serves
	go run ./cmd/skald openapi | diff -u api/openapi.yaml -

.PHONY: openapi-lint
openapi-lint: ## fail on anything that vacuum recommends and the document does not do
	$(TOOL) vacuum lint --ruleset api/ruleset.yaml --fail-severity hint --details --no-banner --no-style --no-update-check api/openapi.yaml

.PHONY: client-diff
client-diff: ## fail if the client is not what the document says
	$(CLIENT) | diff -u client/client.gen.go -

.PHONY: workflowcheck
workflowcheck: ## fail on workflow code that would not replay
	$(TOOL) workflowcheck -config workflowcheck.yaml ./workflows ./workflows/saga

.PHONY: images-check
images-check: ## build the binary as the Dockerfile does and run each role of it, alone, on a real Temporal and Postgres
	go test -count=1 -v ./test/images

.PHONY: deploy-check
deploy-check: ## hold the compose file, the manifests and the workflows of GitHub against their specifications
	cd deploy/check && go tool -modfile=../../tools/go.mod golangci-lint run ./... && go test -count=1 ./...
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: deploy-schemas
deploy-schemas: ## trim the schemas of Kubernetes and KEDA again, for other releases of them
	cd deploy/check && go run ./schemas > kinds.new && mv kinds.new kinds.json

.PHONY: histories
histories: ## record a history of each outcome that has none yet
	SKALD_RECORD=1 go test -count=1 -run 'TestOutcomes|TestTroubled|TestReconciler|TestPayment|TestWebhooks' ./test/e2e ./test/mended ./test/told

.PHONY: trace
trace: ## place an order, and draw docs/trace.svg from what a collector got of it
	SKALD_TRACE_PICTURE=$(CURDIR)/docs/trace.svg go test -count=1 -run 'TestOneTrace$$' ./test/watched

.PHONY: planted
planted: ## plant each bug and print what caught it, as docs/reliability.md lists it
	go run ./test/planted

.PHONY: bench
bench: ## latency and throughput against the floor of a bare workflow; writes docs/benchmarks.md
	go run ./test/bench -out docs

.PHONY: fuzz
fuzz: ## 100,000 requests made from the document, good and bad, to a platform in many processes (about ten minutes)
	SKALD_FUZZ=100000 go test -count=1 -timeout 2h -run 'TestFuzz$$' -v ./test/hostile

.PHONY: events
events: ## 1,000 orders while the relays, the broker and the notification service are killed at random
	SKALD_EVENTS=1000 go test -count=1 -timeout 1h -run TestExactlyOnce -v ./test/told

.PHONY: slow
slow: ## 2,000 slow clients for a minute, beside honest ones that have to be fast
	SKALD_SLOW=2000 go test -count=1 -timeout 30m -run TestSlowClients -v ./test/hostile

.PHONY: chaos
chaos: ## 10,000 orders under 200 faults for each of three seeds (about an hour); writes docs/reliability.md
	SKALD_CHAOS_SEEDS=1,2,3 SKALD_CHAOS_SAGAS=10000 SKALD_CHAOS_FAULTS=200 SKALD_CHAOS_KINDS=12 SKALD_CHAOS_RATE=10 SKALD_CHAOS_REPORT=$(CURDIR)/docs \
		go test -count=1 -timeout 4h -run TestChaos -v ./test/chaos
