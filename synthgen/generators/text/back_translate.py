"""Translate into another language and back."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import Effect
from synthgen.errors import ModelError
from synthgen.generator import Generator, Share
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.translation import Apertium, Marian

APERTIUM = "apertium"


class BackTranslate(Generator):
    """Sentences translated into another language and back, one by one; what lies between them stays.

    Two Marian models, or apertium: quick, small and rough, so that many texts fail the checks. Entity spans get lost,
    so data with them is refused. Payload: str. Label: kept. Source: Sennrich et al. 2016 (back-translation), used for
    augmentation by Xie et al. 2020 (UDA).
    """

    modality: ClassVar[str] = "text"

    model: str = APERTIUM
    """`apertium`, a folder with a Marian model in `there` and one in `back` (safetensors), or two pinned hub ids:
    owner/there@commit + owner/back@commit."""
    pair: Annotated[str, Field(pattern=r"^[a-z]{2,3}-[a-z]{2,3}$")] = "eng-spa"
    """For apertium: the language of the texts, and the one that they go through."""
    sentence_share: Share = 1.0
    """Of the sentences; at least one is translated."""
    beams: Annotated[int, Field(ge=1, le=16)] = 4
    """Of Marian models: any of so many best translations is taken, there and back."""
    keeps_label: bool = True
    """Refuse what lost or gained numbers, negations, names, links or feelings; for English texts."""
    batch_size: Annotated[int, Field(ge=1)] = 64

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("translate", 1.0, 1.0, switch=True),)

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"translate": draw["translate"]}

    def given_model(self) -> Path | None:
        if self.model == APERTIUM:
            return None
        from synthgen.models import translation

        return translation.fetch(self.model)

    def compute(self, device: str) -> dict[str, Any]:
        from synthgen.models import translation

        if self.model == APERTIUM:
            return {"apertium": translation.apertium(self.pair)[1]}
        return {
            "device": device,
            "network_batch": translation.LANES,
            "lengths": list(translation.LENGTHS),
            "beams": self.beams,
            # Where it is installed, tokenizers of Marian straighten punctuation by it.
            "sacremoses": find_spec("sacremoses") is not None,
        }

    def load(self, folder: Path | None, device: str) -> Apertium | Marian:
        from synthgen.models import translation

        if self.model == APERTIUM:
            return translation.apertium(self.pair)[0]
        if folder is None:
            raise ModelError("text/back_translate was given no model folder to load.")
        return translation.marian(folder, self.beams, device)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        from synthgen.models import translation

        if job.bounds.get("translate", (1.0, 1.0))[1] < 1:
            return {"translate": 0.0, "why": "translating is all that it does, and the contract forbids it"}
        parts = translation.split(parents[0].payload)
        able = [i for i, part in enumerate(parts) if i % 2 == 0 and part.strip()]
        if not able:
            return {"translate": 1.0, "why": "it has no sentence"}
        chosen = [i for i in able if rng.random() < self.sentence_share] or [
            able[int(rng.integers(len(able)))]
        ]
        return {
            "translate": 1.0,
            "parts": chosen,
            "there": int(rng.integers(self.beams)),
            "back": int(rng.integers(self.beams)),
        }

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        every: list[Made | Failed] = []
        for start in range(0, len(batch), self.batch_size):
            every += self._made(batch[start : start + self.batch_size], model)
        return every

    def _made(self, batch: Sequence[Work], model: Apertium | Marian) -> list[Made | Failed]:
        from synthgen.models.translation import Sentence, split

        texts = [split(work.parents[0].payload) for work in batch]
        places = [(i, part) for i, work in enumerate(batch) for part in work.draw.get("parts", ())]
        sentences = [
            Sentence(texts[i][part].strip(), batch[i].draw["there"], batch[i].draw["back"])
            for i, part in places
        ]
        dropped = set()
        for (i, part), new in zip(places, model(sentences) if sentences else (), strict=True):
            if new is None:
                dropped.add(i)
            else:
                texts[i][part] = new
        return [
            self._checked(work, None if i in dropped else "".join(texts[i])) for i, work in enumerate(batch)
        ]

    def _checked(self, work: Work, new: str | None) -> Made | Failed:
        from synthgen.models.translation import lost

        if "why" in work.draw:
            return Failed(work.draw["why"])
        if new is None:
            return Failed("a sentence is too long to be translated, or came back empty")
        old = work.parents[0].payload
        if new.casefold().split() == old.casefold().split() or not new.strip():
            return Failed("the translation came back the same, or empty")
        if self.keeps_label and (what := lost(old, new)) is not None:
            return Failed(f"the translation changed what it says: {what}")
        return Made(new)


PLUGIN = BackTranslate
