# Everything a developer does with the service. `make` alone lists it.
# Needs Python 3.11+ with venv, make and a package index; all else goes into .venv and .data here.

.DEFAULT_GOAL := help
.PHONY: help run test demo bench lint format openapi migration clean secrets deploy upgrade rolling-restart failover \
  dc rotate-password renew-certificates renew-passwords load-secrets
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check --no-input
# Installing as root is what containers do; the warning would be the first thing that a user reads.
PIP += --root-user-action=ignore
PYTHON ?=
ARGS ?=
# What the targets from `secrets` on look after; they need Docker with Compose and nothing else. To make what is missing,
# staging is meant without a word; what replaces something has to be told for which environment.
ON_HOSTS := dc secrets deploy upgrade rolling-restart rotate-password renew-certificates renew-passwords load-secrets
ifneq ($(filter $(filter-out dc secrets deploy,$(ON_HOSTS)),$(MAKECMDGOALS)),)
  ifeq ($(origin ENV),undefined)
    $(error Say for which environment: make $(MAKECMDGOALS) ENV=production)
  endif
endif
ENV ?= staging
ifneq ($(filter $(ON_HOSTS),$(MAKECMDGOALS)),)
  ifeq ($(filter development staging production,$(ENV)),)
    $(error ENV=$(ENV) is none of development, staging and production)
  endif
endif
ifneq ($(filter renew-certificates,$(MAKECMDGOALS)),)
  ifneq ($(ENV),production)
    $(error Only production has certificates of this kind: make renew-certificates ENV=production)
  endif
endif
# Staging and production are watched; MONITORING= leaves that out.
MONITORING ?= $(filter staging production,$(ENV))
# And backed up; BACKUPS= leaves that out.
BACKUPS ?= $(filter staging production,$(ENV))
# The name of the service's image: what was noted in .env when it was started, where Compose finds it too; for `upgrade` what is
# said, or else what git calls the source. Neither said nor noted, it is `local`.
NOTED := $(shell sed -n 's/^VERSION=//p' .env 2>/dev/null)
ifeq ($(origin VERSION),undefined)
  ifneq ($(filter upgrade,$(MAKECMDGOALS)),)
    VERSION := $(shell git describe --tags --always --dirty 2>/dev/null | tr -c 'A-Za-z0-9_.\n-' -)
  else
    VERSION := $(NOTED)
  endif
endif
ifneq ($(VERSION),)
  export VERSION
endif
IMAGE := table-order-service:$(or $(VERSION),local)
# yes: `secrets` and `deploy` build the image although one of that name is there.
REBUILD ?= $(filter development,$(ENV))
# Whom a certificate authority may write to: with it, production gets its certificate there (deploy/acme.yml).
ACME_EMAIL ?= $(shell sed -n 's/^ACME_EMAIL=//p' .env 2>/dev/null)
export ACME_EMAIL
COMPOSE = docker compose -f docker-compose.yml -f deploy/$(ENV).yml \
  $(if $(filter production,$(ENV)),$(if $(ACME_EMAIL),-f deploy/acme.yml)) \
  $(if $(MONITORING),-f deploy/monitoring.yml) $(if $(BACKUPS),-f deploy/backup/$(ENV).yml)
SECRETS_DIR ?= deploy/secrets/$(ENV)
POOLER = $(COMPOSE) exec -T pgbouncer psql --quiet --host=/tmp --port=6432 --username=pgbouncer pgbouncer

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.local ## start the service with its own PostgreSQL (PORT, HOST, DATA_DIR, DATABASE_URL)
	@exec $(PY) -m app.cli run

test: $(VENV)/.dev $(VENV)/.s3 ## run all tests on a PostgreSQL of their own (ARGS="-k menu" for some of them)
	@exec $(PY) -m pytest $(ARGS)

demo: $(VENV)/.local ## play a party's visit against the running service
	@exec $(PY) -m app.demo $(ARGS)

bench: $(VENV)/.dev ## measure the hot paths beside their references
	@exec $(PY) -m bench $(ARGS)

lint: $(VENV)/.dev ## style, types and the layers' arrows
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-logo > $(VENV)/layers.log \
	  || { cat $(VENV)/layers.log; exit 1; }

format: $(VENV)/.dev ## put the code into the common form
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format --quiet .

openapi: $(VENV)/.local ## write openapi.json anew
	@exec $(PY) -m app.cli openapi --output openapi.json

migration: $(VENV)/.dev ## begin a dated migration (NAME="add x"; ARGS=--autogenerate compares with the models)
	@test -n "$(NAME)" || { echo 'Say what it does: make migration NAME="add tips"' >&2; exit 2; }
	@$(PY) -m alembic revision --rev-id "$$(date -u +%Y%m%d_%H%M)" --message "$(NAME)" $(ARGS)

# A command line of the service with ENV's secrets to write into; with no network.
WITH_SECRETS = docker run --rm --network none --user "$$(id -u):$$(id -g)" \
  --mount "type=bind,source=$(abspath $(SECRETS_DIR)),target=/secrets" "$(IMAGE)" python -m app.cli secrets
# The same beside the database, as the one that migrates.
AS_OWNER = $(COMPOSE) run --rm --no-deps --user "$$(id -u):$$(id -g)" --volume "$(abspath $(SECRETS_DIR)):/secrets" \
  migrate python -m app.cli db rotate-password
# The servers of the database, of which one takes writes; and how whoever keeps a secret of theirs takes up another one.
# Those that are away take it up when they start, and nobody waits for them: after a restore db-1 is all that there is.
running = $$($(COMPOSE) ps --services --status running | grep -xE '$(1)')
MEMBERS = $(call running,$(if $(filter production,$(ENV)),db-[123],db))
ASK = psql --no-psqlrc --quiet --username=postgres --dbname=postgres
LOAD_production = failed=; \
  for member in $(MEMBERS); do $(COMPOSE) exec -T $$member bash /table-order/start.sh load || failed=yes; done; \
  for pooler in $(call running,pgbouncer); do $(COMPOSE) kill --signal SIGHUP $$pooler || failed=yes; done; \
  test -z "$$failed"
LOAD_staging = for one in $(call running,db-replica); do $(COMPOSE) exec -T $$one bash /replica.sh load || exit 1; done
LOAD_development = true

# The replicas of the API, and what they run.
REPLICAS_OF_API = $$($(COMPOSE) config --services | grep -E '^api(-[0-9]+)?$$' | sort)
IMAGES_THAT_RUN = $$(docker inspect --format '{{.Config.Image}}' $$($(COMPOSE) ps --quiet $(REPLICAS_OF_API)) 2>/dev/null | sort -u)
HAS_IMAGE = docker image inspect $(IMAGE) >/dev/null 2>&1
# So that the next command means what runs, and `dc` too.
NOTE = test "$(VERSION)" = "$(NOTED)" \
  || { touch .env && sed -i -e '/^VERSION=/d' -e '$$a\' .env && echo "VERSION=$(VERSION)" >> .env; }
NEVER_STARTED = test -z "$$($(COMPOSE) ps --all --quiet api)"
MAKE_SECRETS = mkdir -p -m 700 $(SECRETS_DIR) && $(WITH_SECRETS) create $(ENV) --directory /secrets

dc: ## print docker compose with ENV's files, to be called by a short name: alias dc="$$(make dc ENV=staging)"
	@echo $(strip $(COMPOSE))

# An image that has a name, or containers, is not built anew: it is the way back, and the source may be a newer version's.
secrets: ## make the secrets of ENV that are not there yet, in SECRETS_DIR
	@if test -n "$(REBUILD)" || ! $(HAS_IMAGE) || $(if $(VERSION),false,$(NEVER_STARTED)); then \
	  $(COMPOSE) build --quiet api; \
	else \
	  echo "$(IMAGE) is there, and stays (a new version: make upgrade ENV=$(ENV))"; \
	fi
	@$(MAKE_SECRETS)

deploy: secrets ## bring ENV up (development, staging or production; default staging)
	@$(COMPOSE) up --detach --wait --wait-timeout 300
	@$(NOTE)

upgrade: ## build VERSION of ENV from this folder, migrate, and replace the API's containers one after the other
	@test -n "$(VERSION)" || { echo "Say what to call it: VERSION=1.5.0 make upgrade ENV=$(ENV)" >&2; exit 2; }
	@runs="$(IMAGES_THAT_RUN)"; \
	if test "$$runs" = $(IMAGE) || test "$(VERSION)" = "$(NOTED)"; then \
	  echo "$(IMAGE) runs already. Built anew, it could not be gone back to:" >&2; \
	  echo "give the new one another name, VERSION=1.5.0 make upgrade ENV=$(ENV)" >&2; exit 2; \
	fi; \
	for image in $$runs; do echo "The way back from $(VERSION): VERSION=$${image#*:} make rolling-restart ENV=$(ENV)"; done
	@$(COMPOSE) build --quiet api $(if $(BACKUPS),backup)
	@$(MAKE_SECRETS)
	@$(COMPOSE) run --rm --no-deps migrate
	@$(MAKE) --no-print-directory rolling-restart
	@# What verifies backups has to know the new schema.
	@$(if $(BACKUPS),$(COMPOSE) up --detach --no-deps --no-build --wait --wait-timeout 300 backup)

rolling-restart: ## replace ENV's API containers one after the other by VERSION; with two of them no request fails
	@$(HAS_IMAGE) || { echo "There is no image $(IMAGE); docker image ls shows those that there are" >&2; exit 2; }
	@for service in $(REPLICAS_OF_API); do \
	  echo "Replacing $$service"; \
	  $(COMPOSE) up --detach --no-deps --no-build --force-recreate --wait --wait-timeout 300 $$service || exit 1; \
	done
	@$(NOTE)

rotate-password: ## give ENV's API a new database login and password; with two replicas no request fails
	@$(AS_OWNER) --secrets /secrets
	@$(MAKE) --no-print-directory rolling-restart
	@if $(COMPOSE) config --services | grep -qx pgbouncer; then \
	  echo "PgBouncer gives up the connections of the old login"; \
	  $(POOLER) -c RECONNECT -c WAIT_CLOSE; \
	fi
	@$(AS_OWNER) --finish

renew-certificates: ## make new certificates for the servers inside production, and let them be loaded
	@$(WITH_SECRETS) renew-certificates $(ENV) --directory /secrets
	@$(MAKE) --no-print-directory load-secrets

# The old ones stay until a server says that it has taken the new ones, which only the primary does; whatever fails, the
# same again goes on.
renew-passwords: ## give all that serve ENV's database new passwords (the API's: rotate-password)
	@$(WITH_SECRETS) renew-passwords $(ENV) --directory /secrets
	@taken=$$(for member in $(MEMBERS); do $(COMPOSE) exec -T $$member $(ASK) < "$(SECRETS_DIR)/next/passwords.sql"; done); \
	  test "$$taken" = taken || { echo "No primary has said that it has the new passwords: no file was written over. Run it again" >&2; exit 1; }
	@$(WITH_SECRETS) renew-passwords $(ENV) --directory /secrets --finish
	@$(MAKE) --no-print-directory load-secrets
	@for one in $(call running,postgres-exporter); do $(COMPOSE) restart $$one || exit 1; done

load-secrets: ## let ENV's servers take up certificates and passwords that were written over
	@$(LOAD_$(ENV))

failover: $(VENV)/.dev ## lose parts of a production database of its own under load, and count (ARGS="--scenario primary-killed")
	@exec $(PY) -m tests.deploy.failover $(ARGS)

clean: ## remove .venv and caches; the data in .data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find app tests alembic -name __pycache__ -prune -exec rm -rf {} +

# The stamps are older than the requirements files when these have changed.
$(VENV)/.dev: requirements.txt requirements-local.txt requirements-dev.txt $(VENV)/.made
	@echo "Installing the service and its tools into $(VENV) (a minute or two, once)"
	@$(PIP) -r requirements-dev.txt
	@touch $(VENV)/.local $@

$(VENV)/.s3: requirements-s3.txt $(VENV)/.made
	@echo "Installing an S3-compatible server for the tests into $(VENV)/s3 (a minute, once)"
	@$(PY) -m venv --clear $(VENV)/s3
	@$(VENV)/s3/bin/python -m pip install -qq --disable-pip-version-check --no-input -r requirements-s3.txt
	@touch $@

$(VENV)/.local: requirements.txt requirements-local.txt $(VENV)/.made
	@echo "Installing the service into $(VENV) (a minute or so, once)"
	@$(PIP) -r requirements-local.txt
	@touch $@

$(VENV)/.made:
	@for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3.14 python3); do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making a virtual environment in $(VENV) with $$("$$python" --version)"; \
	    rm -rf $(VENV) && "$$python" -m venv $(VENV) && touch $@ && exit 0 || exit 1; \
	  fi; \
	done; \
	echo "Python 3.11 or newer with its venv module is needed, and none was found." >&2; \
	echo "Install it (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.11" >&2; \
	exit 1
