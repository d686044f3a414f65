PYTHON ?= python3
PYTEST_ARGS ?= -n 2 --dist loadfile

.PHONY: demo test bench check clean

demo: .venv/.ready  ## set up .venv, then fill thin classes of handwritten digits, short reviews, drawn clips, sounds, solids and graphs
	.venv/bin/synthgen run demo
	.venv/bin/synthgen run demo_text
	.venv/bin/synthgen run demo_video
	.venv/bin/synthgen run demo_audio
	.venv/bin/synthgen run demo_pointcloud
	.venv/bin/synthgen run demo_graph

test: .venv/.ready  ## set up .venv, then pass all tests
	.venv/bin/pytest $(PYTEST_ARGS)

bench: .venv/.ready  ## CPU time and memory of the pipeline itself, beside a plain loop
	.venv/bin/synthgen bench overhead

check: .venv/.ready  ## what the linters and the type checker say
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

clean:
	rm -rf .venv

.venv/.ready: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -c .ci/constraints.txt -e '.[dev]'
	touch $@
