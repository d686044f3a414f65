"""Chains: drawn, checked and made step by step, each sample by its own key alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from synthgen.chain import make_again, run_chain
from synthgen.errors import BalanceError
from synthgen.generators.image.affine import Affine
from synthgen.recipe_parts import GenerateEntry
from synthgen.sample import Failed, Job, Made, Sample

PICTURE = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
PARENT = Sample("p", "image", "6", lambda: PICTURE)
CHAIN = {
    "steps": [
        {"use": "image/affine"},
        {"one_of": [{"use": "image/recolour"}, {"use": "image/erase"}], "p": 0.5},
    ]
}


def entry(data=CHAIN):
    return GenerateEntry.model_validate(data)


def jobs(count, what, **bounds):
    effects = {e.name: (e.low, e.high) for e in what.effects()} | bounds
    return [Job(0, "6", i, ("p",), effects, seed=1) for i in range(count)]


def outcomes(what, todo):
    return run_chain(what, todo, [(PARENT,)] * len(todo), {})


def test_a_sample_does_not_depend_on_its_batch():
    todo = jobs(24, entry())
    whole = outcomes(entry(), todo)
    alone = [outcomes(entry(), [job])[0] for job in reversed(todo)][::-1]
    for one, other in zip(whole, alone, strict=True):
        assert (one.generators, one.settings, one.draws) == (other.generators, other.settings, other.draws)
        np.testing.assert_array_equal(one.made.payload, other.made.payload)


def test_steps_are_taken_by_chance_and_alternatives_alike():
    taken = [outcome.generators for outcome in outcomes(entry(), jobs(400, entry()))]
    shares = [
        sum(name in g for g in taken) / 400 for name in ("image/affine", "image/recolour", "image/erase")
    ]
    assert shares[0] == 1
    assert shares[1:] == pytest.approx([0.25, 0.25], abs=0.07)


def test_the_stored_draws_make_the_sample_again():
    what = entry()
    for job, outcome in zip(jobs(12, what), outcomes(what, jobs(12, what)), strict=True):
        by_name = {"image/affine": what.steps[0].generators[0]}
        by_name |= dict(zip(("image/recolour", "image/erase"), what.steps[1].generators, strict=True))
        steps = [(by_name[n], draw) for n, draw in zip(outcome.generators, outcome.draws, strict=True)]
        again = make_again(steps, job, (PARENT,), {})
        np.testing.assert_array_equal(again.payload, outcome.made.payload)


def test_two_turns_of_a_chain_stay_inside_the_bounds_of_one():
    turns = [{"use": "image/affine", "turn_range": [-45, 45], "mirror_share": 0.0}] * 2
    what = entry({"steps": turns})
    sums = [sum(d["turn"] for d in o.draws) for o in outcomes(what, jobs(200, what, turn=(-30, 30)))]
    assert 15 < max(map(abs, sums)) <= 30


def test_alternatives_stay_inside_their_own_settings():
    gentle, wide = ({"use": "image/affine", "turn_range": [-b, b]} for b in (2, 40))
    what = entry({"steps": [{"one_of": [gentle, wide]}]})
    for outcome in outcomes(what, jobs(200, what)):
        assert abs(outcome.draws[0]["turn"]) <= outcome.settings[0]["turn_range"][1]


class Wild(Affine):
    """Turns further than it may. Source: none."""

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: Any) -> dict[str, Any]:
        return super().draw(job, parents, rng) | {"turn": 90.0}


class Silent(Affine):
    """Does not say how far it goes. Source: none."""

    def applied(self, draw: dict[str, Any]) -> dict[str, float]:
        return {}


class Short(Affine):
    """Loses an answer. Source: none."""

    def make(self, batch: Sequence[Any], model: Any) -> list[Made]:
        return super().make(batch, model)[1:]


def with_generator(generator):
    what = entry({"use": "image/affine"})
    what.steps[0].__dict__["generators"] = (generator,)
    return what


def test_a_draw_outside_the_contract_is_never_made():
    (outcome,) = outcomes(with_generator(Wild()), jobs(1, entry(), turn=(-30, 30)))
    assert isinstance(outcome.made, Failed)
    assert "drew turn = 90, outside the contract's -30 to 30" in outcome.made.reason


def test_a_generator_that_hides_what_it_does_makes_nothing():
    (outcome,) = outcomes(with_generator(Silent()), jobs(1, entry()))
    assert "does not say how far its draw goes" in outcome.made.reason


def test_a_lost_answer_stops_the_run():
    what = with_generator(Short())
    with pytest.raises(BalanceError, match="1 answers for 2 jobs"):
        outcomes(what, jobs(2, what))
