# Every target is one line into a Python program, so that each also works where make does not.

PYTHON ?= python3
LAB_ARGS ?=
LESSON ?=
CONFORMANCE_ARGS ?=
BENCH_ARGS ?=
LINK ?= ./pico0
PICO_ARGS ?=
DEPLOY_ARGS ?=
RUN = .venv/bin/python -m

# Of `make deploy`. With = rather than ?=, a HOST or PORT of the shell is not taken for one of these.
PORT =
APP =
URL =
HOST =
WIFI =
SECONDS =
MPY =

.PHONY: help lab test edit reset notebooks exercises doctor pico deploy conformance bench lock clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

lab: .venv/student  ## set up and open the course in JupyterLab (LAB_ARGS="--no-browser --port=8890")
	$(RUN) classroom lab $(LAB_ARGS)

test: .venv/contributor  ## set up and run every test
	$(RUN) tests

reset: .venv/student  ## restore a lesson in work/, keeping your version (LESSON=03)
	$(RUN) classroom reset "$(LESSON)"

doctor: .venv/student  ## check this machine for everything the course needs
	$(RUN) classroom doctor

pico: .venv/student  ## run a virtual Pico for mpremote (LINK=./pico0 PICO_ARGS="--board pico_2_w --fresh")
	$(RUN) classroom.virtual_pico --link "$(LINK)" $(PICO_ARGS)

deploy: .venv/student  ## put a program onto a board (PORT=./pico0 APP=echo, or WIFI="..." HOST=192.168.1.10)
	$(RUN) classroom deploy $(if $(PORT),--port "$(PORT)") $(if $(APP),--app "$(APP)") $(if $(URL),--url "$(URL)") $(if $(HOST),--host "$(HOST)") $(if $(WIFI),--wifi "$(WIFI)") $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(MPY),--mpy) $(DEPLOY_ARGS)

edit: .venv/contributor  ## open the originals in JupyterLab, for authors
	$(RUN) classroom edit $(LAB_ARGS)

notebooks: .venv/contributor  ## execute and save the lessons and solutions (LESSON=03 for one)
	$(RUN) classroom notebooks $(LESSON)

exercises: .venv/contributor  ## write exercises/ from solutions/
	$(RUN) classroom exercises

conformance: .venv/contributor  ## run the Autobahn testsuite on pocketws and its peers (CONFORMANCE_ARGS="--only 'cpython-*'")
	$(RUN) tests.autobahn $(CONFORMANCE_ARGS)

bench: .venv/contributor  ## measure pocketws beside its peers (BENCH_ARGS="--quick", or "--only 'server-*'")
	$(RUN) benchmarks $(BENCH_ARGS)

lock:  ## choose the versions in requirements.lock anew (needs uv)
	uv pip compile --universal --python-version 3.11 --upgrade --no-header --no-annotate --no-emit-index-url --no-emit-package pocketws-course --quiet requirements-dev.txt -o requirements.lock

clean:  ## remove the virtual environment; your work/ stays
	rm -rf .venv

# The files named student and contributor only mark that the installation went well.
.venv/student: requirements.txt requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("The course needs Python 3.11 or newer, and this is " + sys.version.split()[0] + ". Try: make lab PYTHON=python3.12")'
	@echo "Setting up .venv: a minute or three the first time, with the internet."
	$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --disable-pip-version-check -r requirements.txt -c requirements.lock || { echo "The packages did not install: look above. This step needs the internet. Then run the same command again."; exit 1; }
	@touch $@

.venv/contributor: .venv/student requirements-dev.txt
	$(RUN) pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c requirements.lock
	@touch $@
