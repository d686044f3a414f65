"""Which word is said from which second to which: how that moves with the sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthgen.sample import Failed

LOST = "the sound would lose a word of its transcript"


def scaled(said: Mapping[str, Any], speed: float) -> dict[str, Any]:
    """The annotations of a sound that is played `speed` times as fast."""
    moved = [
        [word, round(first / speed, 6), round(end / speed, 6)]
        for word, first, end in said.get("alignment", ())
    ]
    return {**said, **({"alignment": moved} if "alignment" in said else {})}


def moved(
    said: Mapping[str, Any], by_s: float, seconds: float, around: bool = False
) -> dict[str, Any] | Failed:
    """The annotations of a sound that begins `by_s` seconds later and then lasts `seconds`; what passes one end comes
    in at the other where it goes `around`. Refused where a word would be cut."""
    if "alignment" not in said:
        return dict(said)
    words = []
    for word, first, end in said["alignment"]:
        at = first + by_s
        if around:
            at %= seconds
        if at < -1e-9 or at + end - first > seconds + 1e-9:
            return Failed(f"{LOST}: {word!r}")
        words.append([word, round(at, 6), round(at + end - first, 6)])
    return {**said, "alignment": sorted(words, key=lambda one: one[1])}


def warped(said: Mapping[str, Any], seconds: float, middle: float, there: float) -> dict[str, Any]:
    """The annotations of a sound in which what was at the share `middle` of its seconds is at `there`."""

    def at(time: float) -> float:
        share = time / seconds
        new = share * there / middle if share < middle else 1 - (1 - share) * (1 - there) / (1 - middle)
        return round(new * seconds, 6)

    words = [[word, at(first), at(end)] for word, first, end in said.get("alignment", ())]
    return {**said, **({"alignment": words} if "alignment" in said else {})}
