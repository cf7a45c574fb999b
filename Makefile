# Everything that is done by hand here. `make` alone lists it; each target installs what it needs, when it needs it.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python
BIN := .venv/bin
INSTALLED := .venv/installed
MEASURING := .venv/installed-for-bench
TEMPLATES := doorstep/mail/templates doorstep/local/pages web/templates

# What is added to a command, as in: make test ARGS="-k invite"
ARGS ?=
# A bad release is usually found out within a week; a lock takes nothing younger.
COOLDOWN ?= 1 week

.PHONY: help
help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: install
install: $(INSTALLED)  ## Make .venv from the hash-locked requirements, once for each lock

.PHONY: demo
demo: $(INSTALLED)  ## Play the main job from the invitation to the signed-in customer, on servers of its own
	@$(BIN)/doorstep demo $(ARGS)

.PHONY: up
up: $(INSTALLED)  ## Run the whole stack on this machine until Ctrl-C
	@exec $(BIN)/doorstep up $(ARGS)

.PHONY: test
test: $(INSTALLED)  ## Run every test against real servers, and tell where the time goes
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=15 $(ARGS)

.PHONY: test-fast
test-fast: $(INSTALLED)  ## Run the tests that need no server, in seconds
	$(BIN)/python -m pytest -q tests/unit $(ARGS)

.PHONY: check
check: $(INSTALLED)  ## Format, lint, types, layers, templates, dependencies and spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet $(TEMPLATES)
	$(BIN)/deptry .
	$(BIN)/codespell

.PHONY: bench
bench: $(INSTALLED)  ## Measure, all or ARGS="batch --rows 10000", and write tables and charts into docs
	@$(MAKE) --no-print-directory $(MEASURING)
	$(BIN)/python -m bench $(ARGS)

.PHONY: pictures
pictures: $(INSTALLED)  ## Take the pictures of the README from the running product, with Chromium
	$(BIN)/python -m tests.browser.pictures

$(MEASURING): requirements/bench.txt $(INSTALLED)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/bench.txt \
	    || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

.PHONY: histories
histories: $(INSTALLED)  ## Record the workflow histories that every later version must be able to replay
	$(BIN)/python -m tests.replay.record $(ARGS)

# The catalogue of a package is called like the package. A new language is one more here, and one more in TRANSLATED.
LANGUAGES ?= es de
PO := --width 120 --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date --init-missing

.PHONY: messages
messages: $(INSTALLED)  ## Collect what is to be translated, bring the catalogues up to date and compile them
	@set -e; mkdir -p build; \
	for locale in $(wildcard doorstep/mail/locale doorstep/text/locale web/locale); do \
	    home=$${locale%/locale}; domain=$${home##*/}; pot=build/$$domain.pot; \
	    $(BIN)/pybabel --quiet extract --mapping pyproject.toml --add-comments Translators: --strip-comments \
	        --add-location file --sort-by-file --project doorstep --output $$pot $$home; \
	    for language in $(LANGUAGES); do \
	        $(BIN)/pybabel --quiet update $(PO) -D $$domain -i $$pot -d $$locale -l $$language; \
	        $(BIN)/pybabel --quiet compile -D $$domain -d $$locale -l $$language; \
	    done; \
	done

COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
	--exclude-newer "$(COOLDOWN)" $(ARGS)

.PHONY: lock
lock: $(INSTALLED)  ## Lock the requirements again after a change of pyproject.toml; newer ones: ARGS=--upgrade
	$(COMPILE) pyproject.toml --extra embedded --group dev --output-file requirements/dev.txt
	$(COMPILE) pyproject.toml --constraints requirements/dev.txt --output-file requirements/runtime.txt
	$(COMPILE) --group bench --constraints requirements/dev.txt --output-file requirements/bench.txt
	echo setuptools | $(COMPILE) --constraints requirements/dev.txt --output-file requirements/build.txt -
	echo uv | $(COMPILE) --output-file requirements/uv.txt -

# uv installs this lock in seconds where pip takes minutes. It is locked too; where it cannot be had, pip does the same.
$(INSTALLED): pyproject.toml requirements/dev.txt requirements/uv.txt | $(BIN)/python
	@set -e; python=$(BIN)/python; \
	if $$python -m pip install --quiet --require-hashes -r requirements/uv.txt \
	    && $(BIN)/uv pip install --quiet --python $$python --require-hashes -r requirements/dev.txt; \
	then install="$(BIN)/uv pip install --quiet --python $$python"; \
	else \
	    echo "uv cannot be used here. Going on with pip, which takes a few minutes."; \
	    install="$$python -m pip install --quiet"; \
	    $$install --require-hashes -r requirements/dev.txt; \
	fi; \
	$$install --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Making .venv with $$($$python --version)."; \
	        exec $$python -m venv --clear .venv; \
	    fi; \
	done; \
	echo "Doorstep needs Python 3.11 or newer with its venv module, and none was found on the PATH." >&2; \
	echo "Install it (on Debian and Ubuntu: apt install python3 python3-venv), then say make again." >&2; \
	exit 1
