import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.models.clip_frames import frames
from synthgen.models.gesture import drawn
from synthgen.readers.gestures import GESTURES, Gestures
from synthgen.seeds import numpy_rng


def one(place: str, **settings):
    reader = Gestures(**settings)
    return reader.decode(reader.raw(None, place))


def test_each_split_has_clips_of_its_own():
    reader = Gestures(per_class=3, cut={"open": 1}, holdout_per_class=2)
    found = {split: list(reader.items(None, split)) for split in ("train", "holdout", "pool")}
    assert {split: len(items) for split, items in found.items()} == {"train": 16, "holdout": 12, "pool": 2}
    assert {item.label for item in found["train"]} == set(GESTURES)
    places = [item.place for items in found.values() for item in items]
    assert len(set(places)) == len(places)
    assert one("open/train/0000").data != one("open/holdout/0000").data


def test_the_gesture_happens_in_its_span_and_hardly_anything_outside():
    reader = Gestures(per_class=2)
    for item in reader.items(None, "train"):
        clip = one(item.place)
        first, end = item.annotations["span"]
        change = (np.abs(np.diff(frames(clip).mean(3), axis=0)) > 12).mean((1, 2))
        assert clip.frames == 60
        assert change[first : end - 1].mean() > 3 * np.delete(change, range(first - 1, end)).mean()


def test_opening_backwards_is_closing():
    for label, last_is_larger in (("open", True), ("close", False)):
        place = f"{label}/train/0001"
        colour = drawn(label, numpy_rng(0, place)).colour
        seen = frames(one(place)).astype(int)
        covered = (np.abs(seen - colour).max(3) < 12).sum((1, 2))
        smaller, larger = sorted([covered[0], covered[-1]])
        assert larger > 2 * smaller
        assert (covered[-1] == larger) == last_is_larger


def test_the_size_and_the_seed_make_other_clips():
    assert one("wave/train/0000", size=32).width == 32
    assert one("wave/train/0000", seed=1).data != one("wave/train/0000").data


def test_classes_that_are_none_are_refused():
    with pytest.raises(ValidationError, match="'dance'"):
        Gestures(cut={"dance": 3})
