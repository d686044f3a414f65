"""The steps of a recipe on samples in memory."""

import numpy as np
import pytest

import synthgen
from synthgen.contract import LabelContract
from synthgen.errors import RecipeError
from synthgen.sample import Sample

PICTURE = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
SAMPLES = [Sample(f"s{i}", "image", "6", lambda: PICTURE) for i in range(6)]
STEPS = [{"use": "image/affine", "turn_range": [-45, 45]}, {"use": "image/recolour"}]


def test_the_same_seed_gives_the_same_payloads_however_they_are_batched():
    whole = synthgen.apply(STEPS, SAMPLES, seed=3)
    parts = [m for i, s in enumerate(SAMPLES) for m in synthgen.apply(STEPS, [s], seed=3, first_index=i)]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one.payload, other.payload)
    assert (whole[0].payload != synthgen.apply(STEPS, SAMPLES, seed=4)[0].payload).any()


def test_a_paired_view_is_another_draw_of_the_same_sample():
    one, two = (synthgen.apply(STEPS, SAMPLES[:1], seed=3, first_index=i)[0] for i in (0, 1000))
    assert (one.payload != two.payload).any()


def test_the_contract_holds_here_too():
    wild = [{"use": "image/affine", "turn_range": [60, 90]}]
    with pytest.raises(RecipeError, match="'6' tolerates turn"):
        synthgen.apply(wild, SAMPLES, seed=0)
    assert synthgen.apply(
        wild, SAMPLES, seed=0, contract=LabelContract.model_validate({"every": {"turn": 90}})
    )


def test_a_generator_without_parents_is_refused():
    with pytest.raises(RecipeError, match="takes 2 parents"):
        synthgen.apply([{"use": "image/mixup"}], SAMPLES, seed=0)


def test_public_names_are_few_and_all_there():
    assert len(synthgen.__all__) <= 12
    assert all(getattr(synthgen, name) for name in synthgen.__all__)
    with pytest.raises(AttributeError, match="synthgen has no 'nothing'"):
        synthgen.nothing  # noqa: B018
