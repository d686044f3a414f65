from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from sounds import loudest_hz

from synthgen.models.signal_tone import drawn, sounded
from synthgen.models.sound import rounded
from synthgen.readers.tones import TONES, Tones
from synthgen.seeds import numpy_rng


def test_the_pool_holds_what_was_cut_from_train_and_all_sounds_differ():
    reader = Tones(per_class=6, cut={"rise": 2}, holdout_per_class=3)
    found = {split: list(reader.items(None, split)) for split in ("train", "holdout", "pool")}
    assert [len(found[split]) for split in ("train", "holdout", "pool")] == [32, 18, 4]
    assert {one.label for one in found["train"]} == set(TONES)
    assert found["pool"][0].annotations == {"transcript": "a rise"}
    every = [one for split in found.values() for one in split]
    sounds = {reader.decode(reader.raw(None, one.place)).samples.tobytes() for one in every}
    assert len(sounds) == len(every)


@pytest.mark.parametrize(("kind", "higher"), [("rise", True), ("fall", False)])
def test_what_rises_ends_higher_than_it_begins(kind, higher):
    for i in range(5):
        pure = replace(drawn(kind, numpy_rng(i)), overtones=np.array([1.0]), before=0.0, after=0.0)
        sound = sounded(pure, 8000)
        first, last = (loudest_hz(rounded(part, 8000)) for part in np.array_split(sound.samples, 2))
        assert (last > 1.1 * first) if higher else (first > 1.1 * last)


def test_rates_hold_the_same_sound():
    low, high = (sounded(drawn("bell", numpy_rng(1)), rate) for rate in (8000, 16000))
    assert abs(low.seconds - high.seconds) < 0.001
    assert np.abs(low.samples).max() == pytest.approx(np.abs(high.samples).max(), rel=0.05)


def test_a_class_that_is_none_cannot_be_cut():
    with pytest.raises(ValidationError, match="the classes are bell"):
        Tones(cut={"bark": 2})
