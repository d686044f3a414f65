"""What a modality itself counts of how different samples are, of equally many real and kept ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgen import staging
from synthgen.index import Index
from synthgen.modality import Modality

MOST = 200
"""Samples a class that are counted."""

Numbers = dict[str, dict[str, dict[str, float]]]
"""By class and set (real, candidates, kept), numbers by what a person calls them."""


def counted(
    modality: Modality, index: Index, kept: Mapping[str, Sequence[str]], staged: Iterable[Iterable[Path]]
) -> Numbers:
    """The variety of the first kept samples of each class, by id, and of as many real ones; nothing for a modality
    that counts none."""
    if type(modality).variety is Modality.variety:
        return {}
    most = {label: min(len(ids), len(index.by_label[label]) or MOST, MOST) for label, ids in kept.items()}
    wanted = {sample: label for label, ids in kept.items() for sample in sorted(ids)[: most[label]]}
    payloads: dict[str, dict[str, Any]] = {label: {} for label in kept}
    for path in (path for paths in staged for path in paths):
        table = staging.read_shard(path, ["id", "payload"])
        for sample, data in zip(table["id"].to_pylist(), table["payload"], strict=True):
            if label := wanted.get(sample):
                payloads[label][sample] = modality.decode(data.as_py())
    return {
        label: {
            "kept": modality.variety([payload for _, payload in sorted(those.items())]),
            "real": modality.variety([index.payload(item) for item in index.by_label[label][: most[label]]]),
        }
        for label, those in payloads.items()
    }


def joined(numbers: Mapping[str, Mapping[str, Mapping[str, float]]], more: Numbers) -> Numbers:
    """Numbers with more numbers beside them, where their class and set is there already."""
    return {
        label: {of: {**those, **more.get(label, {}).get(of, {})} for of, those in sets.items()}
        for label, sets in numbers.items()
    }
