"""Let a masked language model rewrite words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from synthgen.errors import ModelError
from synthgen.generator import Share, ShareInterval
from synthgen.models.word_edits import Rough, View, WordEdits, how_many, made, nothing
from synthgen.models.words import carries_label, fits_article, like
from synthgen.sample import Draw, Failed, Made, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.masked_words import MaskedWords, Option

SHORTEST = 4


class Contextual(WordEdits):
    """Words replaced by what a masked language model writes in their place.

    It knows the sentence, not the label: words that negate, count or say a feeling are neither replaced nor written,
    but the topic may drift, so keep `meaning` and `label_agreement` among the filters. Words under four letters stay.
    Payload: str. Label: kept, the less surely the more words change. Source: Kobayashi 2018 (contextual augmentation);
    Wu et al. 2019 (conditional BERT).
    """

    effect: ClassVar[str] = "reword"
    free_range: ClassVar[tuple[float, float]] = (0.0, 0.5)

    model: str = ""
    """A transformers folder with a masked language model in safetensors, or a pinned hub id: owner/name@commit."""
    domain: Rough = "any"
    share_range: ShareInterval = (0.0, 0.2)
    """Of the words; at least one is replaced."""
    options: Annotated[int, Field(ge=1, le=200)] = 10
    """How many of the most probable words are considered for a place; they are drawn by their probability."""
    least_probability: Share = 0.01
    batch_size: Annotated[int, Field(ge=1)] = 256

    def given_model(self) -> Path | None:
        from synthgen.models import masked_words

        return masked_words.fetch(self._named())

    def _named(self) -> str:
        if not self.model:
            raise ModelError(
                "text/contextual needs a model: set `model` to the folder of a masked language model (BERT, RoBERTa, "
                "as save_pretrained writes it), or to a pinned hub id: owner/name@ and 40 hex digits."
            )
        return self.model

    def compute(self, device: str) -> dict[str, Any]:
        from synthgen.models.masked_words import LANES, LENGTHS

        self._named()
        return {"device": device, "network_batch": LANES, "lengths": list(LENGTHS)}

    def load(self, folder: Path | None, device: str) -> MaskedWords:
        from synthgen.models import masked_words

        return masked_words.load(folder or masked_words.fetch(self._named()), device)

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        able = [at for at in view.free if len(view.pieces[at].text) >= SHORTEST]
        count = how_many(share, bounds, len(view.words), len(able))
        if count is None:
            return nothing(share, view, len(able), bounds, "replaced")
        chosen = sorted(int(able[i]) for i in rng.permutation(len(able))[:count])
        spots = [[*view.pieces[at][:2], float(rng.random())] for at in chosen]
        before = ["" if (b := view.near(at, -1)) is None else view.pieces[b].text for at in chosen]
        return {
            "share": count / len(view.words),
            "words": len(view.words),
            "spots": [[*spot, word] for spot, word in zip(spots, before, strict=True)],
        }

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        every: list[Made | Failed] = []
        for start in range(0, len(batch), self.batch_size):
            every += self._made(batch[start : start + self.batch_size], model)
        return every

    def _made(self, batch: Sequence[Work], model: MaskedWords) -> list[Made | Failed]:
        from synthgen.models.masked_words import Gap, options

        spots = [(i, spot) for i, work in enumerate(batch) for spot in work.draw.get("spots", ())]
        gaps = [Gap(batch[i].parents[0].payload, start, end) for i, (start, end, _, _) in spots]
        edits: list[list[Any]] = [[] for _ in batch]
        for (i, (start, end, chance, before)), offered in zip(
            spots, options(model, gaps, self.options), strict=True
        ):
            word = batch[i].parents[0].payload[start:end]
            if (new := self._chosen(word, before, offered, chance)) is not None:
                edits[i].append([start, end, like(new, word)])
        return [self._finished(work, some) for work, some in zip(batch, edits, strict=True)]

    def _chosen(self, word: str, before: str, offered: Sequence[Option], chance: float) -> str | None:
        """The word at `chance` of the probability of those that may stand here."""
        able = [
            (one.word, one.probability)
            for one in offered
            if one.probability >= self.least_probability
            and one.word.casefold() != word.casefold()
            and not carries_label(one.word)
            and fits_article(before, one.word)
        ]
        reached = chance * sum(p for _, p in able)
        for one, p in able:
            reached -= p
            if reached <= 0:
                return one.lower() if one.istitle() else one
        return None

    def _finished(self, work: Work, edits: list[list[Any]]) -> Made | Failed:
        if "why" in work.draw:
            return Failed(work.draw["why"])
        least = work.job.bounds.get(self.effect, self.share_range)[0]
        if not edits or len(edits) / work.draw["words"] < least - 1e-9:
            return Failed(
                f"the model offers other words for {len(edits)} of the {len(work.draw['spots'])} places drawn"
            )
        return made(work._replace(draw={**work.draw, "edits": edits}), self.domain)


PLUGIN = Contextual
