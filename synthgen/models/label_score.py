"""How surely a text is one of its class, and which words leave it so: for generators that write words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthgen.contract import LabelContract
from synthgen.generator import Progress
from synthgen.models import text_classifier
from synthgen.models.text_classifier import TextClassifier, TextReference, softmax
from synthgen.sample import Sample

if TYPE_CHECKING:
    from synthgen.models.masked_words import Gap, Option


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A small classifier of texts, and the names of its classes."""

    classifier: TextClassifier
    names: tuple[str, ...]

    def keeping(
        self, gaps: Sequence[Gap], labels: Sequence[str], offered: Sequence[Sequence[Option]], slack: float
    ) -> list[list[Option]]:
        """Of the words offered for each gap those after which the text is as surely of its label, up to `slack`.

        A text whose label the classifier does not know keeps all.
        """
        texts: list[str] = []
        for gap, some in zip(gaps, offered, strict=True):
            texts.append(gap.text)
            texts += [gap.text[: gap.start] + one.word + gap.text[gap.end :] for one in some]
        sure = softmax(self.classifier.logits([text_classifier.first_words(text) for text in texts]))
        kept: list[list[Option]] = []
        at = 0
        for label, some in zip(labels, offered, strict=True):
            rows, at = sure[at : at + 1 + len(some)], at + 1 + len(some)
            if label not in self.names:
                kept.append(list(some))
                continue
            mine = rows[:, self.names.index(label)]
            kept.append([one for one, p in zip(some, mine[1:], strict=True) if p >= mine[0] - slack])
        return kept


def train(
    train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
) -> None:
    """Fill a folder with a classifier of the labelled texts, or with the word that there are fewer than two classes."""
    labelled = [sample for sample in train if sample.label is not None]
    names = sorted({str(sample.label) for sample in labelled})
    folder.mkdir(parents=True)
    (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    if len(names) < 2:
        return
    reference = TextReference()
    texts = [reference.small(sample.payload) for sample in labelled]
    labels = np.array([names.index(str(sample.label)) for sample in labelled], np.int64)
    reference.train(
        texts, labels, names, contract, folder, steps=reference.usual_steps(texts[0]), seed=seed,
        progress=lambda done, total, loss: progress(done, total, f"loss {loss:.2f}"),
    )  # fmt: skip


def load(folder: Path) -> LabelScore | None:
    """What `train` wrote; None where there were fewer than two classes."""
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    return LabelScore(text_classifier.load(folder), tuple(names)) if len(names) > 1 else None
