"""Let a masked language model rewrite words."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.generator import Progress, Share, ShareInterval
from synthgen.models.word_edits import Rough, View, WordEdits, how_many, made, nothing
from synthgen.models.words import carries_label, fits_article, like
from synthgen.sample import Draw, Failed, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.label_score import LabelScore
    from synthgen.models.masked_words import Gap, MaskedWords, Option

SHORTEST = 4
MODEL, JUDGE = "model", "judge"
KEPT = "content:"


class Rewriter(NamedTuple):
    """The masked language model, and what tells whether a word suits the class; None where there is one class."""

    words: MaskedWords
    judge: LabelScore | None


class Contextual(WordEdits):
    """Words replaced by what a masked language model writes in their place.

    It knows the sentence, not the label, so a small classifier, trained in `fit`, refuses each word that makes a text
    less surely one of its class; words that negate, count or say a feeling are neither replaced nor written. Words
    under four letters stay. `fit` keeps a copy of the model, so that samples can be made again without it.
    Payload: str. Label: kept, the less surely the more words change. Source: Kobayashi 2018 (contextual augmentation,
    there with a language model that is told the label); Wu et al. 2019 (conditional BERT).
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
    label_slack: Share = 0.02
    """By how much the probability of the class may fall with one word; 1 asks no classifier."""
    batch_size: Annotated[int, Field(ge=1)] = 256

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "model": self._content()}

    def learns(self) -> dict[str, Any]:
        return {"model": self._content()}

    def cost(self, n_train: int) -> float:
        return 5.0

    def given_model(self) -> Path | None:
        from synthgen.models import masked_words

        return masked_words.fetch(self._named())

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        from synthgen.models import label_score, masked_words

        shutil.copytree(masked_words.fetch(self._named()), folder / MODEL, ignore=_only_wanted)
        label_score.train(train, contract, folder / JUDGE, seed, progress)

    def _content(self) -> str:
        """What decides what the model writes; this stands for its place in all that is kept."""
        from synthgen.models import hub

        if not self.model or self.model.startswith(KEPT):
            return self.model
        return KEPT + hub.content_of(self.model)

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

    def load(self, folder: Path | None, device: str) -> Rewriter:
        from synthgen.models import label_score, masked_words

        if folder is None:
            raise ModelError("text/contextual was given no folder that it was fitted in.")
        return Rewriter(masked_words.load(folder / MODEL, device), label_score.load(folder / JUDGE))

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

    def _made(self, batch: Sequence[Work], model: Rewriter) -> list[Made | Failed]:
        from synthgen.models.masked_words import Gap, options

        spots = [(i, spot) for i, work in enumerate(batch) for spot in work.draw.get("spots", ())]
        gaps = [Gap(batch[i].parents[0].payload, start, end) for i, (start, end, _, _) in spots]
        offered = [
            self._able(gap, before, some)
            for gap, (_, (_, _, _, before)), some in zip(
                gaps, spots, options(model.words, gaps, self.options), strict=True
            )
        ]
        if model.judge is not None and self.label_slack < 1:
            labels = [batch[i].job.label for i, _ in spots]
            offered = model.judge.keeping(gaps, labels, offered, self.label_slack)
        edits: list[list[Any]] = [[] for _ in batch]
        for gap, (i, (start, end, chance, _)), able in zip(gaps, spots, offered, strict=True):
            if (new := _chosen(able, chance)) is not None:
                edits[i].append([start, end, like(new, gap.text[start:end])])
        return [self._finished(work, some) for work, some in zip(batch, edits, strict=True)]

    def _able(self, gap: Gap, before: str, offered: Sequence[Option]) -> list[Option]:
        """The words that may stand in a gap, whatever the label."""
        word = gap.text[gap.start : gap.end].casefold()
        return [
            one
            for one in offered
            if one.probability >= self.least_probability
            and one.word.casefold() != word
            and not carries_label(one.word)
            and fits_article(before, one.word)
        ]

    def _finished(self, work: Work, edits: list[list[Any]]) -> Made | Failed:
        if "why" in work.draw:
            return Failed(work.draw["why"])
        least = work.job.bounds.get(self.effect, self.share_range)[0]
        if not edits or len(edits) / work.draw["words"] < least - 1e-9:
            return Failed(
                f"the model offers other words for {len(edits)} of the {len(work.draw['spots'])} places drawn"
            )
        return made(work._replace(draw={**work.draw, "edits": edits}), self.domain)


def _chosen(able: Sequence[Option], chance: float) -> str | None:
    """The word at `chance` of the probability of those that may stand here."""
    reached = chance * sum(one.probability for one in able)
    for one in able:
        reached -= one.probability
        if reached <= 0:
            return one.word.lower() if one.word.istitle() else one.word
    return None


def _only_wanted(folder: str, names: list[str]) -> list[str]:
    """What of a model folder is not needed to load it, for shutil.copytree."""
    from synthgen.models.masked_words import WANTED

    return [name for name in names if not any(fnmatch(name, pattern) for pattern in WANTED)]


PLUGIN = Contextual
