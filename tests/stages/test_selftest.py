"""Planting defects: what a filter sees of the planted samples' parents."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from digits import digits

from synthgen.filter import Filter
from synthgen.modalities.image import Image
from synthgen.recipe import parse_recipe
from synthgen.sample import Candidate, Verdict
from synthgen.stages.filter import filter_
from synthgen.stages.read import read
from synthgen.stages.selftest import GOOD, selftest


class Knowing(Filter):
    """Rejects what has a parent of its size."""

    sees_parents: ClassVar[bool] = True

    def score(self, modality: Any, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        return [Verdict(not self._wrong(c), 0.0, 0.0, "the same") for c in batch]

    def _wrong(self, candidate: Candidate) -> bool:
        return any(parent.shape == candidate.payload.shape for parent in candidate.parents)


def test_a_planted_copy_has_its_original_for_a_parent_and_a_real_sample_has_none(tmp_path):
    rows = planted(tmp_path)
    assert rows["train copy, re-encoded"]["share"] == 1
    assert rows["empty"]["share"] == 1
    assert rows[GOOD]["rejected"] == 0
    assert rows["wrong label"]["rejected"] == 0


def test_what_is_broken_is_planted_unless_the_contract_allows_it(tmp_path, monkeypatch):
    def darker(self: Image, payload: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        return {"recolour": (payload // 2).astype(np.uint8)}

    monkeypatch.setattr(Image, "broken", darker)
    assert planted(tmp_path)["no longer true, recolour"]["share"] == 1
    assert "no longer true, recolour" not in planted(tmp_path, {"every": {"recolour": True}})


def planted(tmp_path, contract: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    said = digits(tmp_path).model_dump(mode="json")
    recipe = parse_recipe(said | {"contract": contract or {}})
    recipe.__dict__["filters"] = (("knowing", Knowing()),)
    table = selftest(recipe, read(recipe), partial(filter_, recipe, models={}), each=20)
    return {row["planted"]: row for row in table}
