"""Texts go through the whole pipeline as pictures do: same digest however they are made, and made again alone."""

import json

import pytest

from synthgen.exports.jsonl import Jsonl
from synthgen.pipeline import run
from synthgen.recipe import parse_recipe
from synthgen.report_page import page
from synthgen.stages.audit import audit
from synthgen.stages.read import read
from synthgen.stages.replay import replay
from synthgen.stages.verify import verify

JUDGES = ("readable", "near_copy", "leakage", "meaning", "label_agreement")
SENTENCES = [
    ("{} bought a small house near the old town and sold it again", "person"),
    ("the big boat to {} was late again because nobody had told them", "location"),
    ("a quick phone call from {} made everyone in the office glad", "person"),
    ("people in {} watched the movie and went home by train", "location"),
]
NAMES = {"person": ("Anna Lee", "Bob", "Carla Diaz", "Dan"), "location": ("Rome", "New York", "Oslo", "Lima")}


def reviews(place, **changes):
    return parse_recipe(
        {
            "name": "texts", "seed": 2, "source": {"reader": "reviews", "cut": {"negative": 12}},
            "targets": {"counts": {"negative": 24}}, "filter": [{"use": name} for name in JUDGES],
            "generate": [
                {"use": "text/reword", "share": 2},
                {"steps": [{"use": "text/delete"}, {"use": "text/swap", "p": 0.5}]},
            ],
            "publish": {"to": str(place)}, "shard": 100,
        } | changes
    )  # fmt: skip


def entities(place):
    folder = place / "source"
    folder.mkdir()
    rows = []
    for i in range(24):
        text, kind = SENTENCES[i % 4]
        before, after = (part.split() for part in text.split("{}"))
        name = NAMES[kind][i // 4 % 4].split()
        tags = [f"{'I' if j else 'B'}-{kind}" for j in range(len(name))]
        tokens = [
            *((t, "O") for t in before),
            *zip(name, tags, strict=True),
            *((t, "O") for t in (*after, f"t{i}")),
        ]
        rows.append("".join(f"{token}\t{tag}\n" for token, tag in tokens))
    (folder / "train.conll").write_text("\n".join(rows))
    return parse_recipe(
        {
            "name": "spans", "source": {"reader": "conll", "path": str(folder)}, "targets": {"balance_to": 18},
            "contract": {"every": {"change_names": True}}, "filter": [{"use": "readable"}, {"use": "near_copy"}],
            "generate": [{"steps": [{"use": "text/swap_entities"}, {"use": "text/reword", "p": 0.7}]}],
            "publish": {"to": str(place)},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return run(reviews(tmp_path_factory.mktemp("out"))).version


@pytest.fixture(scope="module")
def spans(tmp_path_factory):
    return run(entities(tmp_path_factory.mktemp("spans"))).version


def test_a_class_is_filled_with_texts_that_are_new(version):
    rows = [row for row in version.rows() if row["decision"] == "kept"]
    texts = {row["payload"].decode() for row in rows}
    real = read(reviews(version.dataset.place.parent))
    assert len(texts) == len(rows) >= 8
    assert not texts & {real.payload(item) for items in real.items.values() for item in items}
    assert {row["media_type"] for row in rows} == {"text/plain; charset=utf-8"}


def test_shards_do_not_change_the_digest_and_a_second_run_makes_nothing(version, tmp_path):
    assert run(reviews(tmp_path, shard=3)).version.digest == version.digest
    again = run(reviews(version.dataset.place.parent))
    assert not again.new
    assert again.version.tag == version.tag


def test_texts_are_made_again_alone_and_verified(version):
    rows = [
        row for row in version.rows(["id", "decision"]) if row["decision"] in ("kept", "surplus", "rejected")
    ]
    assert all(replay(version, row["id"]).identical for row in rows[::5])
    assert verify(version).ok


def test_the_audit_shows_texts_with_what_changed(version):
    report = audit(version)
    kept = [one for one in report.gallery if one.decision == "kept"]
    assert kept
    assert all(one.text and one.parents[0].text for one in kept)
    html = page(report)
    assert "<ins>" in html
    assert "<img" not in html


def test_entities_move_with_their_words_are_exported_and_made_again(spans, tmp_path):
    kept = [row for row in spans.rows() if row["decision"] == "kept"]
    assert len(kept) >= 8
    for row in kept:
        text, found = row["payload"].decode(), json.loads(row["annotations"])["entities"]
        assert [text[start:end] in NAMES[kind] for start, end, kind in found] == [True]
        assert replay(spans, row["id"]).identical
    Jsonl().write(spans, tmp_path / "out", with_sources=True)
    lines = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines()]
    assert {line["synthetic"] for line in lines} == {True, False}
    for line in lines:
        ((start, end, kind),) = line["entities"]
        assert line["text"][start:end] in NAMES[kind]


def test_a_generator_that_cannot_keep_spans_is_refused_such_data(tmp_path):
    from synthgen.stages.plan import plan

    recipe = entities(tmp_path)
    made = plan(recipe, read(recipe, deep=False))
    assert made.refused == ()
    bare = recipe.model_copy(update={"generate": parse_recipe(_back(recipe)).generate})
    assert "does not carry entities" in plan(bare, read(recipe, deep=False)).refused[0].reason


def _back(recipe):
    return recipe.model_dump(mode="json") | {"generate": [{"use": "text/paraphrase", "model": "some"}]}
