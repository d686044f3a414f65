"""Light changes of texts for training: a few words left out, as far as the label contract lets a class lose them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthgen import seeds
from synthgen.contract import Effect, LabelContract

if TYPE_CHECKING:
    from numpy.typing import NDArray

USUAL = 0.15
"""Share of the words that training leaves out where the contract lets it: more, and short texts say nothing."""

SILENT = (0.0, 0.3)
"""What holds where the contract says nothing, as in the generators that drop words."""
_PART = re.compile(r"\s*\S+")


def limits(names: Sequence[str], contract: LabelContract, reach: float = 1.0) -> NDArray[np.float32]:
    """The largest share of words (classes,) that a text of each class may lose: `reach` times the usual one, inside
    the contract."""
    wanted = reach * USUAL
    rules = [contract.rule(name, "drop_words") for name in names]
    ranges = [rule.range(Effect("drop_words", 0.0, wanted)) if rule else SILENT for rule in rules]
    return np.array([wanted if r is None else max(0.0, min(wanted, r[1])) for r in ranges], np.float32)


def varied(
    texts: Sequence[str], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract, seed: int,
    reach: float = 1.0,
) -> list[str]:  # fmt: skip
    """Each text once with a few words left out."""
    rng, bounds = seeds.numpy_rng("varied", seed), limits(names, contract, reach)[labels]
    return [dropped(text, bound, rng) for text, bound in zip(texts, bounds, strict=True)]


def dropped(text: str, share: float, rng: np.random.Generator) -> str:
    """The text without up to this share of its words, never without all of them."""
    parts = _PART.findall(text)
    most = int(min(share * len(parts), len(parts) - 1))
    out = set(rng.permutation(len(parts))[: rng.integers(most + 1)].tolist()) if most > 0 else set()
    return "".join(part for i, part in enumerate(parts) if i not in out) if out else text
