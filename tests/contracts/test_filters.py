"""What every filter promises."""

import json
import math
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from synthgen import registry
from synthgen.contract import LabelContract
from synthgen.device import one_thread
from synthgen.filter import Filter
from synthgen.sample import Candidate, Sample
from synthgen.seeds import numpy_rng

LABELS = ("a", "b", "only one")

CASES = [
    pytest.param(name, modality, id=f"{name}-{modality}")
    for name in registry.names("filters")
    for modality in registry.find("filters", name).modalities or registry.names("modalities")
]
every_case = pytest.mark.parametrize(("name", "modality"), CASES)
every_filter = pytest.mark.parametrize("name", registry.names("filters"))


def quick(name: str) -> Filter:
    cls = registry.find("filters", name)
    return cls(**{f: 2 for f in cls.model_fields if f.endswith("steps")})


def samples(kind, split: str, n: int) -> list[Sample]:
    return [one(kind, split, i) for i in range(n)]


def one(kind, split: str, i: int) -> Sample:
    payload = kind.specimen(numpy_rng(split, i))
    label = LABELS[2] if i == 0 else LABELS[i % 2]
    return Sample(f"{split}{i}", kind.name, label, lambda: payload, split=split)


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    """A filter fitted on a few specimens, once a session: two small classes, and one of a single sample."""
    one_thread()
    held: dict[tuple[str, str], SimpleNamespace] = {}

    def get(name: str, modality: str) -> SimpleNamespace:
        if (name, modality) not in held:
            kind, filter_ = registry.find("modalities", modality)(), quick(name)
            folder = tmp_path_factory.mktemp(name)
            holdout = samples(kind, "holdout", 8) if filter_.sees_holdout else None
            facts = filter_.fit(
                kind, samples(kind, "train", 17), holdout, LabelContract(), folder, 7, lambda *_: None
            )
            assert any(folder.iterdir()) == filter_.learns
            model = filter_.load(kind, folder if filter_.learns else None, "cpu")
            held[name, modality] = SimpleNamespace(
                kind=kind, filter=filter_, facts=facts, model=model, folder=folder
            )
        return held[name, modality]

    return get


def candidates(kind) -> list[Candidate]:
    train = [s.payload for s in samples(kind, "train", 4)]
    fresh = [kind.specimen(numpy_rng("fresh", i)) for i in range(4)]
    odd = kind.oddities(numpy_rng("odd"))
    plain = [Candidate(p, LABELS[i % 3]) for i, p in enumerate([*train, *fresh, *odd])]
    soft = Candidate(fresh[0], "a", weights={"a": 0.6, "b": 0.4})
    of_odd = [Candidate(fresh[3], "a", parents=(parent,)) for parent in odd]
    of_two = [c._replace(parents=(train[1], fresh[i % 4])) for i, c in enumerate(plain)]
    return [*plain, *of_odd, *of_two, soft, Candidate(fresh[1], "never seen"), Candidate(fresh[2], None)]


@every_filter
def test_settings_reject_unknown_keys(name):
    with pytest.raises(ValidationError):
        registry.find("filters", name)(no_such_key=1)


@every_filter
def test_it_says_what_it_rejects_and_its_identity_is_json(name):
    assert len(registry.find("filters", name).__doc__ or "") > 40
    json.dumps(quick(name).identity())


@every_case
def test_facts_are_json(name, modality, fitted):
    json.dumps(fitted(name, modality).facts, allow_nan=False)


@every_case
def test_odd_candidates_get_verdicts_with_finite_scores_and_reasons(name, modality, fitted):
    had = fitted(name, modality)
    odd = candidates(had.kind)
    verdicts = had.filter.score(had.kind, odd, had.model)
    assert len(verdicts) == len(odd)
    for verdict in verdicts:
        assert math.isfinite(verdict.score)
        assert math.isfinite(verdict.threshold)
        assert isinstance(verdict.passed, bool)
        assert verdict.passed or verdict.reason.strip()


@every_case
def test_a_verdict_does_not_depend_on_its_neighbours(name, modality, fitted):
    had = fitted(name, modality)
    every = candidates(had.kind)
    together = had.filter.score(had.kind, every, had.model)
    backwards = had.filter.score(had.kind, every[::-1], had.model)[::-1]
    alone = [v for c in every for v in had.filter.score(had.kind, [c], had.model)]
    assert together == backwards
    assert together == alone


@every_case
def test_candidates_stay_as_they_were(name, modality, fitted):
    had = fitted(name, modality)
    every = candidates(had.kind)
    before = [had.kind.encode(c.payload, {}) for c in every]
    had.filter.score(had.kind, every, had.model)
    assert [had.kind.encode(c.payload, {}) for c in every] == before


@every_case
def test_fitting_twice_gives_the_same_verdicts(name, modality, fitted, tmp_path):
    had = fitted(name, modality)
    if not had.filter.learns:
        return
    holdout = samples(had.kind, "holdout", 8) if had.filter.sees_holdout else None
    facts = had.filter.fit(
        had.kind, samples(had.kind, "train", 17), holdout, LabelContract(), tmp_path, 7, lambda *_: None
    )
    again = had.filter.load(had.kind, tmp_path, "cpu")
    every = candidates(had.kind)
    assert facts == had.facts
    assert had.filter.score(had.kind, every, again) == had.filter.score(had.kind, every, had.model)


@every_case
def test_models_are_safetensors_and_json_only(name, modality, fitted):
    had = fitted(name, modality)
    assert {p.suffix for p in had.folder.rglob("*") if p.is_file()} <= {".safetensors", ".json", ".npy"}
