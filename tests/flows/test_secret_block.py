from __future__ import annotations

import csv
import json

import pytest
from llm_server import serving
from paraphraser import paraphrase

from flows.secret_block import secret_block
from synthgen import keys
from synthgen.errors import AnswerError
from synthgen.models.text_defects import specimen
from synthgen.seeds import numpy_rng

KEY = "sk-kept-by-prefect-42"
RECIPE = """
name = "reworded"
[source]
reader = "table"
path = "train.csv"
[targets]
counts = {{ rare = 12 }}
[[generate]]
use = "text/paraphrase"
model = "tiny"
base_url = "{url}"
key = "prefect:llm-key"
styles = ["reader"]
[[filter]]
use = "readable"
"""


@pytest.mark.server
def test_a_run_asks_with_the_key_of_a_secret_block_and_writes_it_nowhere(server, synthgen, tmp_path):
    from prefect.blocks.system import Secret

    labels = ["often"] * 12 + ["rare"] * 6
    with (tmp_path / "train.csv").open("w", newline="") as file:
        rows = [(specimen(numpy_rng("run", i)), label) for i, label in enumerate(labels)]
        csv.writer(file).writerows([("text", "label"), *rows])
    with serving(paraphrase, key=KEY) as model:
        (tmp_path / "reworded.toml").write_text(RECIPE.format(url=model.url))
        refused = synthgen("run", "reworded.toml")
        assert refused.returncode == AnswerError.exit_code
        assert "holds no Secret block 'llm-key'" in refused.stderr + refused.stdout
        Secret(value=KEY).save("llm-key", _sync=True)
        done = synthgen("run", "reworded.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["kept"] == 6
    assert KEY not in done.stdout + done.stderr
    assert [p for p in tmp_path.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()] == []


def test_a_library_that_runs_without_prefect_says_who_knows_the_key(monkeypatch):
    monkeypatch.setattr(keys, "RESOLVERS", {})
    with pytest.raises(AnswerError, match="known to prefect alone"):
        keys.key("prefect:llm-key")
    monkeypatch.setattr(keys, "RESOLVERS", {"prefect": lambda name: f"value of {name}"})
    assert keys.key("prefect:llm-key") == "value of llm-key"
    assert callable(secret_block)
