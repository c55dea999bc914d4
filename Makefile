# Every step of the line is one verb here; Jenkins, GitLab or a person types the same.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# An agent brings the environment that its image locked (AGENT_VENV); a branch that locks another one gets its own.
AGENT := $(shell [ -n "$${AGENT_VENV:-}" ] && diff -rq locks "$$AGENT_VENV/../locks" >/dev/null 2>&1 && echo yes)
VENV ?= $(if $(AGENT),$(AGENT_VENV),.venv)
BIN := $(VENV)/bin
RUN := $(BIN)/python -W ignore::FutureWarning -m
UV := $(BIN)/uv
UV_VERSION := 0.13.8
TORCH := 2.13.0
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
export UV_NATIVE_TLS := 1
# Compiled once here, and not at every start of every program.
export UV_COMPILE_BYTECODE := 1
export HF_HUB_OFFLINE ?= 1

CATALOGUE ?= catalogue
PORT ?= 8000
HOST ?= 127.0.0.1
# A text as one word of the shell, whatever stands in it: an address has &, a folder's name spaces.
as_word = '$(subst ','\'',$(1))'
# What belongs to a catalogue lies beside it: rules for searching, and questions with judged answers. In a folder they
# have their plain names, beside mine.csv they are mine.rules.toml, …: a plain one there belongs to nobody.
empty :=
# A catalogue as one word of make, and as a pattern that means just itself.
WORD = $(subst $(empty) $(empty),␣,$(value CATALOGUE))
ITSELF = $(subst ␣,\ ,$(subst ?,\?,$(subst *,\*,$(subst [,\[,$(1)))))
# Its name without one ending of these, or nothing.
without = $(strip $(foreach ending,$(2),$(patsubst %.$(ending),%,$(filter %.$(ending),$(1)))))
STEM = $(call without,$(or $(call without,$(WORD),gz bz2 xz zip),$(WORD)),csv tsv tab txt json jsonl ndjson parquet)
BESIDE = $(wildcard $(if $(wildcard $(call ITSELF,$(WORD))/.),$(call ITSELF,$(WORD))/$(1),$(and $(STEM),$(call ITSELF,$(STEM)).$(1))))
RULES ?= $(call BESIDE,rules.toml)
# Proposed ones that were merged are judgments, too; the programs read them beside the others.
JUDGMENTS ?= $(or $(call BESIDE,judgments.jsonl),$(call BESIDE,judgments.proposed.jsonl))
RECIPE ?= $(call BESIDE,recipe.toml)
# What a catalogue calls things, for the data gate (COLUMNS is the width of a terminal).
NAMES = $(if $(value MAPPING),--columns $(call as_word,$(value MAPPING)))
CHOICES = $(if $(RULES),--rules $(call as_word,$(RULES))) $(if $(JUDGMENTS),--judgments $(call as_word,$(JUDGMENTS))) $(if $(RECIPE),--recipe $(call as_word,$(RECIPE)))
ENVIRONMENT ?= stage
# The demo shop is made where it is typed, as it always is, and its pictures are served beside it.
ifeq ($(value CATALOGUE),demo-shop)
override CATALOGUE := var/demo-shop/products.csv
export SEARCHBAR_VALUES ?= var/demo-shop/values.csv
export SEARCHBAR_PICTURES ?= var/demo-shop/pictures
export SEARCHBAR_IMAGES ?= https: http://127.0.0.1:$(PORT)
SHOP = $(BIN)/python -m tests.shop var/demo-shop --address http://127.0.0.1:$(call as_word,$(PORT)) >&2
endif
# A GPU gets the CUDA build of torch and faiss-gpu; every other machine the CPU builds.
GPU := $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | head -n 1)

##@ Search here
.PHONY: up
up: setup  ## admit the catalogue, build a release and serve it at http://127.0.0.1:8000 (CATALOGUE=, MAPPING=, PORT=; RELEASE= serves one that is built)
	@$(SHOP)
	@release=$(call as_word,$(value RELEASE)); if [ -z "$$release" ]; then \
	  snapshot=$$($(RUN) data_checks admit $(call as_word,$(value CATALOGUE)) $(NAMES) | tail -n 1); \
	  release=$$($(RUN) index_builder build "$$snapshot" $(CHOICES) | tail -n 1); fi; \
	SEARCHBAR_QUESTIONS="$${SEARCHBAR_QUESTIONS-var/log/questions.jsonl}" \
	exec $(RUN) searchbar serve "$$release" --host $(call as_word,$(HOST)) --port $(call as_word,$(PORT))

.PHONY: releases
releases: setup  ## list the releases that are built; `make up RELEASE=…` serves one of them
	@$(RUN) searchbar releases

.PHONY: setup
setup: $(VENV)/.up  ## make .venv with everything that admits, builds and serves (locked)

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3.11."; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); } || \
	  { rm -rf $(VENV); echo "Python's venv is missing: sudo apt-get install python3-venv, then run make again."; exit 2; }; }
	@echo "Preparing $(VENV) …" >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)

# torch comes first and by itself: its CPU build is one file instead of gigabytes of CUDA.
$(VENV)/.torch: | $(UV)
	@echo "Installing torch $(TORCH) ($(if $(GPU),CUDA,CPU)) …" >&2
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --retries 1 \
	  $(if $(GPU),torch==$(TORCH),$(if $(filter Linux,$(shell uname -s)),torch==$(TORCH)+cpu --extra-index-url $(TORCH_CPU_INDEX),torch==$(TORCH)))
	@touch $@

$(VENV)/.up: $(if $(AGENT),,locks/up.txt) | $(VENV)/.torch
	@echo "Installing the locked dependencies …" >&2
	@$(UV) pip install -q --no-deps --python $(BIN)/python --require-hashes -r locks/up.txt
	@$(if $(GPU),$(UV) pip uninstall -q --python $(BIN)/python faiss-cpu && $(UV) pip install -q --python $(BIN)/python torch==$(TORCH) "faiss-gpu==$$(sed -n 's/^faiss-cpu==\([^ ]*\).*/\1/p' locks/up.txt)")
	@touch $@

$(VENV)/.dev: $(if $(AGENT),,locks/dev.txt) | $(VENV)/.up
	@echo "Installing what the tests need …" >&2
	@$(UV) pip install -q --no-deps --python $(BIN)/python --require-hashes -r locks/dev.txt
	@touch $@

LINE := $(VENV)/.line
$(LINE): $(if $(AGENT),,locks/deploy.txt locks/up.txt) | $(VENV)/.up
	@$(UV) pip install -q --no-deps --python $(BIN)/python --require-hashes -r locks/deploy.txt
	@touch $@

# The agents' image takes what stands above: another verb is no reason to install everything again.
.PHONY: test-packages
test-packages:
	@missing=$$(command -v dpkg >/dev/null && for p in $$(cat tests/debian-packages.txt $(MORE_PACKAGES)); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done; command -v npm >/dev/null || echo npm); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing" $$missing …; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else echo "The tests need these Debian packages: sudo apt-get install" $$missing; exit 2; fi

##@ Work on the programs
.PHONY: check
check: $(VENV)/.dev  ## lint, formatting, types and import contracts
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy --no-error-summary $(PACKAGES) tests benchmarks docs/hooks
	@$(BIN)/mypy --no-error-summary --allow-untyped-decorators airflow/dags  # Airflow, and so its decorators, are not installed here
	@contracts=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$contracts"; exit 1; }

.PHONY: test
test: $(VENV)/.dev test-packages check  ## every test (installs what they need); under 15 minutes on 2 cores
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup $(PYTEST)

# The commit's time stands in both files: the same commit gives the same bytes.
.PHONY: wheel
DIST ?= dist
wheel: $(VENV)/.dev  ## the programs as a wheel, and what a server is made of (CycloneDX), into dist/
	@rm -rf $(call as_word,$(DIST)); export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct); \
	$(BIN)/python -m hatchling build --target wheel --directory $(call as_word,$(DIST)) >&2; \
	set -- $(call as_word,$(DIST))/*.whl; bill="$${1%-py3-none-any.whl}.cdx.json"; \
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
	  --output-format JSON --output-file "$$bill" locks/serve.txt; \
	printf '%s\n' "$$1" "$$bill"

.PHONY: settings
settings: setup  ## write the tables of docs/settings.md from the registry of all settings
	@$(RUN) release_format.config.page

.PHONY: figures
figures: setup  ## write docs/figures.md and the README's six from benchmarks/results
	@$(BIN)/python -m benchmarks.figures

# Not quietly: -q would keep warnings from --strict, too. Its advertisement of another program is no warning of ours.
.PHONY: docs docs-serve
docs: $(VENV)/.dev  ## the documentation as a site, in var/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
docs-serve: $(VENV)/.dev  ## the same at http://127.0.0.1:8001, again whenever a page changes (DOCS_PORT=)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve -a "127.0.0.1:$(or $(DOCS_PORT),8001)"

.PHONY: proof
proof: MORE_PACKAGES := tests/hosts/debian-packages.txt
proof: $(VENV)/.dev test-packages  ## the long proofs; their tables are committed
	@$(BIN)/python -m pytest -q -n 3 --dist loadgroup --timeout 7200 -m proof $(PYTEST)

# Figures of serving, encoding, rebuilding and the data gate, on the packages that this Debian or Ubuntu machine knows.
.PHONY: bench
bench: $(VENV)/.dev  ## print figures of docs/figures.md: encoding, rebuilds, serving, the data gate (about 15 minutes)
	@mkdir -p $(LAST)
	@$(RUN) data_checks admit debian --report $(REPORTS)/bench | tail -n 1 >$(LAST)/bench-snapshot
	@$(RUN) index_builder build "$$(cat $(LAST)/bench-snapshot)" --report $(REPORTS)/bench | tail -n 1 >$(LAST)/bench-release
	@$(BIN)/python benchmarks/serve.py "$$(cat $(LAST)/bench-release)"
	@$(BIN)/python benchmarks/watching.py "$$(cat $(LAST)/bench-release)"
	@$(BIN)/python benchmarks/encode.py "$$(cat $(LAST)/bench-snapshot)"
	@$(BIN)/python benchmarks/rebuild.py "$$(cat $(LAST)/bench-snapshot)" --items 5000
	@$(BIN)/python benchmarks/data_gate.py

# The line, verb by verb. Ids go from one verb to the next in var/line; names that come from outside (branches, pull
# requests) are used by the shell only, in quotes: make would expand what stands in them.
REPORTS := var/reports
LAST := var/line
LIVE := $(RUN) forge live "$(ENVIRONMENT)" $(if $(LIVE_STORE),--store "$(LIVE_STORE)")
IMAGE_BUILDER ?= docker build --network host --quiet
KEEP = | tail -n 1 | tee $(LAST)

##@ The line, step by step
.PHONY: verify
verify: $(VENV)/.dev  ## may this branch go on? The policy, then the tests that it needs
	@[ -z "$${STARTED_BY:-}" ] || $(RUN) forge.causes from-line
	@[ "$${BRANCH_NAME:-}" != prod ] || $(RUN) forge sweep --begun
	@rm -rf $(REPORTS) var/pages $(LAST)
	@tests=$$($(RUN) forge check-branch | tail -n 1); \
	if [ -n "$${TESTS_RUN:-}" ]; then echo "The $$tests tests ran before ($$TESTS_RUN)." >&2; exit 0; fi; \
	if [ "$$tests" = full ]; then CI= $(MAKE) --no-print-directory test; else \
	  $(MAKE) --no-print-directory check; $(BIN)/python -m pytest -q -n 2 -m "$(QUICKLY)" $(QUICK); fi

# Jenkins says CI=true, with which a test that misses an engine fails; a pull request's agent has none, by design.
QUICKLY := not proof and not engine
QUICK := tests/release_format tests/data_checks tests/forge tests/jenkins tests/roads

.PHONY: admit
admit: $(LINE)  ## the catalogue becomes a snapshot, if the data gate says yes (CATALOGUE=, ENVIRONMENT=)
	@mkdir -p $(LAST)
	@live=$$($(LIVE)); $(RUN) data_checks admit $(call as_word,$(value CATALOGUE)) $(NAMES) $${live:+--live "$$live"} --report $(REPORTS) $(KEEP)/snapshot

.PHONY: build
build: $(LINE) $(if $(RECIPE),$(VENV)/.ledger)  ## the snapshot becomes a release, if the quality gate says yes
	@echo "Building on $${NODE_NAME:-this machine} ($(if $(GPU),with a GPU,no GPU here: on its processors))." >&2
	@live=$$($(LIVE)); $(RUN) index_builder build "$$(cat $(LAST)/snapshot)" $${live:+--live "$$live"} $(CHOICES) --report $(REPORTS) $(KEEP)/release

.PHONY: compare
compare: $(LINE)  ## the release beside what is live (ENVIRONMENT=)
	@live=$$($(LIVE)); [ -z "$$live" ] || $(RUN) index_builder compare "$$live" "$$(cat $(LAST)/release)" --report $(REPORTS)

# Another target than the server has a name, and a file in var/line, of its own: a rollout never takes it.
TARGET := serve
IMAGE_NAME := searchbar$(if $(filter-out serve,$(TARGET)),-$(TARGET))
OF_TARGET = $(if $(filter-out serve,$(TARGET)),-$(TARGET))

.PHONY: image
image: $(if $(WITHOUT_ENGINE),image-contents)  ## the server as a container image; prints its digest (TARGET=batch, sagemaker)
	@mkdir -p $(LAST)
	@[ -n "$${WITHOUT_ENGINE:-}" ] || $(IMAGE_BUILDER) --target $(TARGET) -f searchbar/Dockerfile -t searchbar$(OF_TARGET) . $(KEEP)/image$(OF_TARGET)

# The image is built here, from the very tree whose commit names it: what was built before is there, and takes a second.
# Before it, what refuses a push: nobody waits for an image that may not go.
PUSH = $(RUN) deployer push $(call as_word,$(value REGISTRY)) --name $(call as_word,$(IMAGE_NAME)) \
  --user $(call as_word,$(value REGISTRY_USER)) --password-file $(call as_word,$(value REGISTRY_PASSWORD_FILE))
.PHONY: push
push: $(LINE)  ## the image into a registry, tagged by its commit; prints its digest there (REGISTRY=, TARGET=, IMAGE_NAME=, REGISTRY_USER=, REGISTRY_PASSWORD_FILE=)
	@$(PUSH)
	@$(MAKE) --no-print-directory image >/dev/null
	@$(PUSH) --image "$$(cat $(LAST)/image$(OF_TARGET))" $(KEEP)/pushed$(OF_TARGET)

# An agent for pull requests has no engine: what the image would hold is put together and imported, by itself.
.PHONY: image-contents
image-contents: $(LINE)
	@echo "No engine here: the image's contents are put together and imported; stage builds the image." >&2
	@rm -rf var/image && mkdir -p var/image && cp -r searchbar release_format var/image
	@$(UV) pip install -q --python $(BIN)/python --target var/image --no-deps --require-hashes -r locks/serve.txt
	@$(BIN)/python -S -c 'import sys; sys.path.insert(0, "var/image"); import searchbar.http.app, searchbar.commands.serve'
	@rm -rf var/image

.PHONY: approve
approve: $(LINE)  ## the pair that this commit may bring to prod, and its evidence
	@mkdir -p $(LAST); set -- $${EVIDENCE:-}; evidence=$${3:-}; image=$${2:-}; \
	case "$${BRANCH_NAME:-}" in hotfix/*) image=$${image:-$$(cat $(LAST)/image)};; *) image=;; esac; \
	$(RUN) forge approve --environment prod $${image:+--image "$$image"} $${evidence:+--evidence "$$evidence"} $(KEEP)/approved
	@read -r release image evidence <$(LAST)/approved; echo "$$release" >$(LAST)/release; echo "$$image" >$(LAST)/image

# The registry's alias follows what is live; that it cannot is never the line's concern.
TELL = $(RUN) index_builder ledger alias "$(ENVIRONMENT)" || true

.PHONY: rollout
rollout: $(LINE)  ## a release and an image go live (ENVIRONMENT=, RELEASE=, IMAGE=, HOSTS=)
	@case "$${BRANCH_NAME:-}" in hotfix/*) hotfix=--hotfix;; *) hotfix=;; esac; \
	$(RUN) deployer rollout $$hotfix "$(or $(RELEASE),$$(cat $(LAST)/release))" --image "$(or $(IMAGE),$$(cat $(LAST)/image))" \
	  --environment "$(ENVIRONMENT)" $(if $(HOSTS),--hosts "$(HOSTS)")
	@$(TELL)

##@ Hosts
.PHONY: prepare rollback status
prepare: $(LINE)  ## a stock machine becomes a host: user, engine, router (ENVIRONMENT=; PIN=yes takes its host key over)
	@$(RUN) deployer prepare --environment "$(ENVIRONMENT)" $(if $(PIN),--pin) $(if $(HOSTS),--hosts "$(HOSTS)")
rollback: $(LINE)  ## one switch back to what was live before (ENVIRONMENT=)
	@$(RUN) deployer rollback --environment "$(ENVIRONMENT)" $(if $(HOSTS),--hosts "$(HOSTS)")
	@$(TELL)
status: $(LINE)  ## what is live where, and whether it is well (ENVIRONMENT=)
	@$(RUN) deployer status --environment "$(ENVIRONMENT)" $(if $(HOSTS),--hosts "$(HOSTS)")

##@ Pull requests
.PHONY: comment
comment: $(LINE)  ## the reports become the one comment of the pull request, or its page
	@if [ -n "$${WORKFLOW_RUN:-}" ]; then $(RUN) forge comment --run "$$WORKFLOW_RUN"; \
	elif [ -n "$${STARTED_BY:-}" ]; then pulls=$$($(RUN) forge.causes pull-requests); left=; for pull in $$pulls; do \
	  FORGE_REPORTS="$$SHARED/$$pull" $(RUN) forge comment --pull "$$pull" || left="$$left $$pull"; done; [ -z "$$left" ]; \
	else $(RUN) forge comment $${PULL_REQUEST:+--pull "$$PULL_REQUEST"}; fi
	@[ -z "$${SHARED:-}" ] || [ -z "$${CHANGE_ID:-}" ] || { rm -rf "$$SHARED/$$CHANGE_ID"; cp -r $(REPORTS) "$$SHARED/$$CHANGE_ID"; }

.PHONY: promote back
promote: $(LINE)  ## stage's pair is proposed to prod
	@release=$$(cat $(LAST)/release 2>/dev/null || true); $(RUN) forge promote $${release:+--release "$$release"}
back: $(LINE)  ## a hotfix is proposed back to stage
	@$(RUN) forge promote --back

.PHONY: propose
propose: $(LINE)  ## pull the catalogue (SOURCE=) and propose what changed: one branch, one pull request
	@[ -z "$${STARTED_BY:-}" ] || $(RUN) forge.causes from-line
	@rm -rf $(REPORTS); mkdir -p $(LAST)
	@$(if $(SOURCE)$(SEARCHBAR_SOURCE),SEARCHBAR_SOURCE="$${SOURCE:-$$SEARCHBAR_SOURCE}" $(RUN) data_checks pull >/dev/null)
	@$(MAKE) --no-print-directory admit || [ -f $(REPORTS)/data-verdict.json ]
	@$(RUN) forge propose catalogue

.PHONY: sweep
sweep: $(LINE)  ## say whether a build of prod was lost before it began (git was away), to be built again
	@[ -z "$${STARTED_BY:-}" ] || $(RUN) forge.causes from-line
	@$(RUN) forge sweep

##@ Watch and tune
.PHONY: tune
tune: $(LINE) $(VENV)/.ledger  ## look for a recipe that answers better, and propose it (TRIALS=, MINUTES=)
	@recipe=$$($(RUN) index_builder tune "$$(cat $(LAST)/snapshot)" --trials $(or $(TRIALS),50) --minutes $(or $(MINUTES),0) \
	  $(if $(JUDGMENTS),--judgments $(call as_word,$(JUDGMENTS))) $(if $(RECIPE),--recipe $(call as_word,$(RECIPE))) | tail -n 1); \
	[ -z "$$recipe" ] || $(RUN) forge propose "$$recipe" --branch catalogue/recipe --title "Take over a tuned recipe"

# An outage opens nothing and fails. Too young a log opens nothing, and what moved is told by a pull request: both end well.
WATCH := var/watch
# Where they would lie, too: those of another catalogue are none of this one.
JUDGED = $(or $(JUDGMENTS),$(and $(STEM),$(subst ␣, ,$(STEM)).judgments.jsonl))
WATCHED = $(if $(JUDGED),--judgments $(call as_word,$(JUDGED)))
.PHONY: watch
watch: $(LINE)  ## do people still ask, and find, what they did? An alarm opens or updates one pull request (LOG=, DAYS=7, ENVIRONMENT=)
	@rm -rf $(WATCH); mkdir -p $(WATCH)
	@live=$$($(LIVE)); if [ -z "$$live" ]; then echo "Nothing is live there yet: nothing is watched." >&2; exit 0; fi; \
	$(RUN) monitoring drift "$$live" $(if $(value LOG),--log $(call as_word,$(value LOG))) --days $(or $(DAYS),7) --report $(WATCH) || [ -f $(WATCH)/drift-verdict.json ]; \
	code=0; $(RUN) monitoring alarm $(WATCH)/drift-verdict.json $(WATCHED) $(if $(RECIPE),--recipe $(call as_word,$(RECIPE))) >/dev/null || code=$$?; \
	[ $$code = 1 ] || exit $$code; \
	$(RUN) monitoring propose "$$live" $(if $(value LOG),--log $(call as_word,$(value LOG))) $(WATCHED) >/dev/null; \
	set -- $(if $(wildcard $(call ITSELF,$(WORD))),--catalogue $(call as_word,$(value CATALOGUE))); \
	[ ! -f $(WATCH)/judgments.proposed.jsonl ] || set -- "$$@" --judgments $(WATCH)/judgments.proposed.jsonl; \
	[ ! -f $(WATCH)/recipe.toml ] || set -- "$$@" --recipe $(WATCH)/recipe.toml; \
	$(RUN) forge alarm $(WATCH)/alarm.json "$$@"

##@ Merge and tell
.PHONY: merge
merge: $(LINE)  ## merge a green branch of a plain git remote (BRANCH=, INTO=stage)
	@$(RUN) forge merge "$${BRANCH:?which branch? BRANCH=change/…}" --into "$${INTO:-stage}"

.PHONY: notify
notify: $(LINE)  ## tell FORGE_NOTIFY's addresses (TEXT=); never fails
	@$(RUN) forge notify "$${TEXT:-hello}" || true

.PHONY: week
week: $(LINE)  ## tell the last seven days of the query log: var/reports/week.html and a message (WEEK=2026-W48, RELEASE=; NOTIFY=yes sends it)
	@SEARCHBAR_QUESTIONS="$${SEARCHBAR_QUESTIONS-var/log/questions.jsonl}" $(RUN) monitoring report \
	  $(if $(RELEASE),$(call as_word,$(RELEASE))) --week $(if $(WEEK),$(call as_word,$(WEEK))) --report $(REPORTS)
	@$(if $(NOTIFY),$(RUN) forge notify "$$(cat $(REPORTS)/week.md)" || true)

$(VENV)/.ledger: locks/ledger.txt | $(VENV)/.up
	@$(UV) pip install -q --no-deps --python $(BIN)/python --require-hashes -r locks/ledger.txt
	@touch $@

##@ Other programs beside it, and the whole of it
# MLflow would also start seven processes for jobs that nobody here asks for.
.PHONY: ledger
ledger: $(VENV)/.ledger  ## every build, its recipe and its figures, on MLflow's pages (LEDGER_PORT=5000)
	@$(RUN) index_builder ledger send || true
	@[ -z "$${MLFLOW_TRACKING_URI:-}" ] || { echo "MLFLOW_TRACKING_URI names the ledger: open that in a browser."; exit 0; }; \
	MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false exec $(BIN)/mlflow server --workers 1 \
	  --port $(or $(LEDGER_PORT),5000) --backend-store-uri "sqlite:///$${SEARCHBAR_LEDGER:-var/ledger}/mlflow.db" \
	  --artifacts-destination "$${SEARCHBAR_LEDGER:-var/ledger}/artifacts"

# Named by its lock, so that every clone of a machine finds it made; the mark is made last.
AIRFLOW = "$${XDG_CACHE_HOME:-$$HOME/.cache}/searchbar/airflow-$$(sha256sum locks/airflow.txt | cut -c 1-12)"
.PHONY: airflow-environment
airflow-environment: | $(UV)  ## make the environment that Airflow lives in alone, in your cache; prints its folder
	@home=$(AIRFLOW); \
	mkdir -p "$${home%/*}"; exec 9>"$$home.lock"; flock 9; \
	if [ ! -e "$$home/made" ]; then \
	  echo "Making the environment for Airflow (once; about 300 MB) …" >&2; rm -rf "$$home"; \
	  $(UV) venv -q "$$home" --python $(BIN)/python >&2; \
	  $(UV) pip install -q --no-deps --python "$$home/bin/python" --require-hashes -r locks/airflow.txt >&2; \
	  touch "$$home/made"; fi; \
	printf '%s\n' "$$home"

# The lines are typed in a clone of their own, with this clone's environment as long as both lock the same.
.PHONY: airflow
airflow: setup airflow-environment  ## Airflow with our DAGs at http://127.0.0.1:8080, its state in var/airflow (AIRFLOW_PORT=)
	@home=$(AIRFLOW); port=$(or $(AIRFLOW_PORT),8080); mkdir -p var/airflow; \
	echo "Airflow takes 1.6 GB of memory in 10 processes, and minutes until it is ready. Its user is admin; the password is told" \
	  "below the first time, and stands in var/airflow/simple_auth_manager_passwords.json.generated." >&2; \
	export AIRFLOW_HOME="$(CURDIR)/var/airflow" PATH="$$home/bin:$$PATH" AGENT_VENV="$${AGENT_VENV:-$(abspath $(VENV))}" \
	  AIRFLOW__CORE__DAGS_FOLDER="$(CURDIR)/airflow/dags" AIRFLOW__CORE__LOAD_EXAMPLES=False \
	  AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
	  AIRFLOW__API__HOST=127.0.0.1 AIRFLOW__API__PORT="$$port" AIRFLOW__API__BASE_URL="http://127.0.0.1:$$port" \
	  AIRFLOW_VAR_SEARCHBAR_CHECKOUT="$${AIRFLOW_VAR_SEARCHBAR_CHECKOUT:-$(CURDIR)/var/airflow/checkout}" \
	  AIRFLOW_VAR_SEARCHBAR_REMOTE="$${AIRFLOW_VAR_SEARCHBAR_REMOTE:-$$(git remote get-url origin || true)}" \
	  SEARCHBAR_STORE="$${SEARCHBAR_STORE:-$(CURDIR)/var/store}"; \
	exec airflow standalone

.PHONY: demo
demo: $(VENV)/.dev $(LINE)  ## the whole loop on this machine, as root; JENKINS=0 types the pipeline's lines instead of booting Jenkins
	@JENKINS="$(JENKINS)" $(RUN) tests.whole_line.demo

##@ Keep the programs
.PHONY: refusals
refusals: $(VENV)/.dev test-packages  ## which refusals and exit codes the tests reach (docs/proofs; PYTEST="--add tests/forge")
	@$(BIN)/python -m tests.refusals -q $(PYTEST)

.PHONY: tried
tried: $(VENV)/.dev test-packages  ## what was tried on the line, how it ended and what it said (docs/proofs)
	@$(BIN)/python -m tests.refusals.tried $(PYTEST)

.PHONY: record
record: $(VENV)/.dev test-packages  ## after a change of the Jenkinsfile: write down the lines that its builds type
	@$(RUN) tests.jenkins.record

.PHONY: verify-jenkins
verify-jenkins:  ## boot the real controller, push, and wait for green (pulls its images)
	@jenkins/verify.sh

PACKAGES := release_format data_checks index_builder searchbar monitoring deployer forge

LOCK = $(UV) pip compile -q --universal --python-version 3.11 --no-emit-index-url --generate-hashes --no-emit-package torch pyproject.toml --custom-compile-command 'make lock'

.PHONY: lock
lock: | $(UV)  ## pin every dependency again, with hashes
	$(LOCK) --extra serve --extra check --extra build --extra train --extra ledger --extra deploy --extra dev -o locks/dev.txt
	$(LOCK) --extra serve -c locks/dev.txt -o locks/serve.txt
	$(LOCK) --extra serve --extra batch -c locks/dev.txt -o locks/batch.txt
	$(LOCK) --extra serve --extra check --extra build -c locks/dev.txt -o locks/up.txt
	$(LOCK) --extra deploy -c locks/dev.txt -o locks/deploy.txt
	$(LOCK) --extra train --extra ledger -c locks/dev.txt -c <(echo "torch==$(TORCH)") -o locks/ledger.txt

.PHONY: lock-deepchecks
lock-deepchecks:  ## pin the environment that Deepchecks lives in alone
	$(UV) pip compile -q --universal --python-version 3.11 --no-emit-index-url --generate-hashes --custom-compile-command 'make lock-deepchecks' locks/deepchecks.in -o locks/deepchecks.txt

.PHONY: lock-airflow
lock-airflow:  ## pin the environment that Airflow lives in alone
	$(UV) pip compile -q --universal --python-version 3.11 --no-emit-index-url --generate-hashes --custom-compile-command 'make lock-airflow' locks/airflow.in -o locks/airflow.txt

.PHONY: screenshots
screenshots: $(VENV)/.dev test-packages  ## take the pictures of the page and of a comment again (docs/screenshots)
	@$(RUN) tests.searchbar.page.screenshots
	@$(RUN) tests.forge.pages.screenshots

# At most as wide as a terminal; a verb that is longer than its column moves its sentence.
.PHONY: help
help:  ## this list
	@awk -v width="$${COLUMNS:-80}" 'BEGIN { width = width + 0 < 40 ? 80 : width + 0 } function put(text) { print line text; line = sprintf("%22s", ""); used = 22 } \
	  /^##@ / { printf "%s%s\n", (NR > 1 && grouped++ ? "\n" : ""), substr($$0, 5) } \
	  /^[a-z-]+:.*## / { name = $$1; sub(/:.*/, "", name); text = $$0; sub(/^[^#]*## /, "", text); \
	    line = sprintf("  make %-14s ", name); used = length(line); told = ""; n = split(text, words, " "); \
	    for (i = 1; i <= n; i++) { if (told != "" && used + length(told) + 1 + length(words[i]) > width) { put(told); told = "" } \
	      told = told (told == "" ? "" : " ") words[i] } put(told) }' $(MAKEFILE_LIST)
