"""Put other entities of the same type in the place of entities."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect, LabelContract
from synthgen.errors import ModelError, SourceError
from synthgen.generator import Generator, Progress, Share
from synthgen.models.words import applied, fits_article, tokens
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

LONGEST = 120
FILE = "entities.json"


class SwapEntities(Generator):
    """Entities exchanged for others of their type from train, each mention of one for the same other.

    Payload: str, with annotation `entities`: [start, end, type] of each. Label: kept, since types are. It changes
    names, which the contract must allow. Source: Dai and Adel 2020 (data augmentation for named entities), mention
    replacement.
    """

    modality: ClassVar[str] = "text"
    carries: ClassVar[frozenset[str]] = frozenset({"entities"})

    entity_share: Share = 1.0
    """Of the entities of a text; at least one is exchanged."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("change_names", 1.0, 1.0, free=(0.0, 0.0), switch=True),)

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"change_names": draw["change_names"]}

    def learns(self) -> dict[str, Any]:
        return {"longest": LONGEST}

    def cost(self, n_train: int) -> float:
        return n_train * 2e-5

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        found: dict[str, set[str]] = {}
        for sample in train:
            text = sample.payload
            for start, end, kind in sample.annotations.get("entities", ()):
                if 0 < end - start <= LONGEST:
                    found.setdefault(kind, set()).add(text[start:end])
        if not found:
            raise SourceError(
                "text/swap_entities needs entities in the train split, but no text there has any. Read the data with a "
                "reader that gives them, such as conll, or remove it from the recipe."
            )
        said = json.dumps({kind: sorted(found[kind]) for kind in sorted(found)}, ensure_ascii=False)
        (folder / FILE).write_text(said, encoding="utf-8")

    def load(self, folder: Path | None, device: str) -> dict[str, list[str]]:
        if folder is None:
            raise ModelError("text/swap_entities was given no folder to load.")
        try:
            known: dict[str, list[str]] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{folder / FILE} cannot be read: {error}.") from error
        return known

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        if job.bounds.get("change_names", (1.0, 1.0))[1] < 1:
            return {"change_names": 0.0, "why": "names must stay, and changing them is all that it does"}
        spans = parents[0].annotations.get("entities", ())
        if not spans:
            return {"change_names": 1.0, "why": "it has no entity"}
        text = parents[0].payload
        chances: dict[tuple[str, str], float | None] = {}
        for start, end, kind in spans:
            chances.setdefault((kind, text[start:end]), float(rng.random()))
        stay = [name for name in chances if rng.random() >= self.entity_share]
        for name in stay[: len(chances) - 1]:
            chances[name] = None
        return {
            "change_names": 1.0,
            "chances": [chances[kind, text[start:end]] for start, end, kind in spans],
        }

    def make(self, batch: Sequence[Work], model: Mapping[str, Sequence[str]]) -> list[Made | Failed]:
        return [_made(work, model) for work in batch]


def _made(work: Work, model: Mapping[str, Sequence[str]]) -> Made | Failed:
    if "why" in work.draw:
        return Failed(work.draw["why"])
    parent = work.parents[0]
    text, spans = parent.payload, parent.annotations["entities"]
    edits = []
    for (start, end, kind), chance in zip(spans, work.draw["chances"], strict=True):
        if chance is None:
            continue
        said = text[start:end]
        before = [piece.text for piece in tokens(text[:start]) if piece.kind != "space"][-1:] or [""]
        able = [
            one
            for one in model.get(kind, ())
            if one.casefold() != said.casefold() and fits_article(before[0], one)
        ]
        if able:
            edits.append((start, end, able[int(chance * len(able))]))
    if not edits:
        kinds = ", ".join(sorted({kind for _, _, kind in spans}))
        return Failed(f"train has no other entity of its types ({kinds})")
    new, moved = applied(text, edits, spans)
    return Made(new, annotations={"entities": moved})


PLUGIN = SwapEntities
