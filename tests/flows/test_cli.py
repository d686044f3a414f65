from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from digits import digits

from synthgen import pipeline

HEAVY = {"numpy", "torch", "diffusers", "transformers", "prefect", "pandas", "lance", "pyarrow", "sklearn"}


def modules_after(*arguments: str, cwd: Path) -> tuple[set[str], str]:
    """Names of what is imported once the command has run, and what it printed."""
    code = (
        "import sys\nfrom flows.cli import main\nsys.argv[0] = 'synthgen'\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(' '.join(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split("\n")[-2].split()), done.stdout


def test_help_imports_nothing_heavy_and_shows_examples(tmp_path):
    modules, said = modules_after("--help", cwd=tmp_path)
    assert not modules & HEAVY
    assert "synthgen run demo" in said


def test_plan_loads_no_model_library_and_no_prefect(recipe):
    modules, said = modules_after("plan", "quick.toml", "--json", cwd=recipe.parent)
    assert not modules & {"torch", "diffusers", "transformers", "prefect", "pandas", "sklearn"}
    plan = json.loads(said)
    assert {row["class"]: row["missing"] for row in plan["classes"] if row["missing"]} == {"6": 28, "9": 28}


def test_plan_of_the_demo_loads_no_model_library(tmp_path):
    modules, said = modules_after("plan", "demo", "--json", cwd=tmp_path)
    assert not modules & {"torch", "diffusers", "transformers", "prefect", "pandas", "sklearn"}
    plan = json.loads(said)
    assert {row["class"] for row in plan["classes"] if row["missing"]} == {"6", "9"}
    assert any("half_turn makes" in note for row in plan["jobs"] for note in row["contract"])


@pytest.mark.parametrize("command", ["run", "plan", "audit", "replay", "verify", "versions", "export", "list", "ui",
                                     "serve", "request", "bench", "lift", "diff"])  # fmt: skip
def test_every_command_teaches_by_an_example(synthgen, command):
    done = synthgen(command, "--help")
    assert done.returncode == 0
    assert f"synthgen {command}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "nope"], 2, "no recipe is at 'nope'"),
        (["plan", "quick.toml", "--set", "sead=3"], 2, "Did you mean 'seed'"),
        (["plan", "quick.toml", "--set", "seed"], 2, "write it as key=value"),
        (["audit", "nope"], 5, "no dataset 'nope'"),
        (["diff", "nope", "v1", "v2"], 5, "no dataset 'nope'"),
        (["list", "generator"], 2, "Did you mean 'generators'"),
        (["list", "generators", "--modality", "imagge"], 2, "Did you mean 'image'"),
        (["bench", "nope"], 2, "nope"),
        (["ui", "--host", "0.0.0.0"], 8, "without a password"),
        (["request", "quick.toml", "--label", "7x", "--count", "3"], 2, "the source has no class '7x'"),
        (["request", "quick.toml", "--label", "6", "--count", "0"], 2, "ask for 1 to 100,000"),
        (["request", "quick.toml", "--label", "6", "--count", "100000000"], 2, "ask for 1 to 100,000"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_exit_code(synthgen, recipe, arguments, code, said):
    done = synthgen(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_page_and_a_payload_go_where_they_were_asked_for(synthgen, tmp_path):
    recipe = digits(tmp_path / "outputs", targets={"counts": {"6": 14}})
    sample = next(pipeline.run(recipe).version.rows(["id"]))["id"]
    (tmp_path / "file").write_text("")
    for arguments in (("audit", "digits", "--html"), ("replay", "digits", sample)):
        assert synthgen(*arguments, "--out", "new/folder/out").returncode == 0
        assert (tmp_path / "new" / "folder" / "out").stat().st_size
        refused = synthgen(*arguments, "--out", "file/out")
        assert refused.returncode == 6
        assert refused.stderr.startswith("synthgen: cannot write to file/out: a file lies where a folder")


def test_a_contact_sheet_is_written_where_the_file_is_to_be_a_picture(synthgen, tmp_path):
    pipeline.run(digits(tmp_path / "outputs", targets={"counts": {"6": 14}}))
    done = synthgen("audit", "digits", "--out", "sheet.png")
    assert (done.returncode, (tmp_path / "sheet.png").read_bytes()[:4]) == (0, b"\x89PNG")


def test_hostile_names_do_not_reach_the_terminal_raw(synthgen, recipe):
    done = synthgen("request", "quick.toml", "--label", "[red]\x1b[2J<b>", "--count", "1")
    assert "\x1b" not in done.stderr
    assert "[red]" in done.stderr


@pytest.mark.parametrize("kind", ["generators", "filters", "readers", "modalities", "exports", "recipes"])
def test_lists_come_as_json_too(synthgen, kind):
    rows = json.loads(synthgen("list", kind, "--json").stdout)
    assert all(row["name"] and row["what"] for row in rows)
    assert rows
