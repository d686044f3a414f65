"""Reject what no person would have written among the real texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

if TYPE_CHECKING:
    import numpy as np

MOST_MEASURED = 5000
USUAL = 0.01
"""Markup and scripts in this share of the real texts belong to them."""
REAL_SHARE = 0.995
"""Of the real texts, these must pass."""
SLACK = 0.25
"""In the logarithm of how usual words are: real texts that were not measured may be this much less usual."""
LEAST_REPEATED = 0.4
"""Repetition up to this share is never held against a text."""
FOREIGN = 0.25
"""Letters of scripts that real texts don't use that make a text foreign, as a share."""


class Model(NamedTuple):
    """What is usual among the real texts."""

    seen: np.ndarray
    n: int
    scripts: frozenset[str]
    marks: frozenset[str]
    repeated: float
    native: float


class Fluent(Filter):
    """Reject a text in another language or script than the real ones, that turns in circles, or that has markup or
    something of a prompt in it: a code fence, a placeholder, "Here is a paraphrase:", "As an AI".

    What the real texts have themselves is not held against one. Score: how many such faults there are.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"text"})
    learns: ClassVar[bool] = True

    most_repeated: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of a text that may be a run of words said again; as the real texts repeat, if not given."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np
        from safetensors.numpy import save_file

        from synthgen.models import fluency

        some = [sample.payload for sample in train[:: -(-len(train) // MOST_MEASURED) or 1]]
        seen, n = fluency.profile(some)
        scripts = [script for text in some for script in set(fluency.scripts(text))]
        marks = [kind for text in some for kind in fluency.marks(text)]
        native = [v for text in some if (v := fluency.nativeness(text, seen, n, own=True)) is not None]
        repeated = [fluency.repetition(text) for text in some]
        usual = {
            "scripts": sorted({s for s in scripts if scripts.count(s) >= USUAL * n}),
            "marks": sorted({kind for kind in marks if marks.count(kind) >= USUAL * n}),
            "repeated": round(max(LEAST_REPEATED, float(np.quantile(repeated or [0.0], REAL_SHARE))), 3),
            "native": round(float(np.quantile(native, 1 - REAL_SHARE)) - SLACK, 3) if native else -9.0,
        }  # fmt: skip
        save_file({"seen": seen.astype(np.int32)}, folder / "words.safetensors")
        (folder / "usual.json").write_text(json.dumps(usual | {"n": n}))
        return {
            "scripts": usual["scripts"],
            "markup of the real texts": usual["marks"],
            "repetition allowed": self.most_repeated or usual["repeated"],
            "least usual words": usual["native"],
        }

    def load(self, modality: Modality, folder: Path | None, device: str) -> Model:
        from safetensors.numpy import load_file

        where = folder or Path()
        said = json.loads((where / "usual.json").read_text())
        seen = load_file(where / "words.safetensors")["seen"]
        scripts, marks = frozenset(said["scripts"]), frozenset(said["marks"])
        return Model(seen, said["n"], scripts, marks, self.most_repeated or said["repeated"], said["native"])

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Model) -> list[Verdict]:
        faults = [self._faults(candidate.payload, model) for candidate in batch]
        return [Verdict(not those, float(len(those)), 0.0, "; ".join(those)) for those in faults]

    def _faults(self, text: str, model: Model) -> list[str]:
        from synthgen.models import fluency

        found = [
            f"{kind} is left over: {what!r}"
            for kind, what in fluency.marks(text).items()
            if kind not in model.marks
        ]
        letters = fluency.scripts(text)
        foreign = sum(n for script, n in letters.items() if script not in model.scripts)
        if model.scripts and foreign > max(2, FOREIGN * letters.total()):
            odd = ", ".join(sorted(set(letters) - model.scripts))
            found.append(f"written in {odd}, where real texts are in {', '.join(sorted(model.scripts))}")
        else:
            native = fluency.nativeness(text, model.seen, model.n)
            if native is not None and native < model.native:
                found.append(
                    f"another language, or none: words are as usual as {native:.2f}, real ones {model.native:.2f} "
                    "at least (mean of the log of the share of real texts that have them)"
                )
        repeated = fluency.repetition(text)
        if repeated > model.repeated or fluency.loops(text):
            found.append(
                f"turns in circles: {repeated:.0%} of it is said again, {model.repeated:.0%} at most"
            )
        return found


PLUGIN = Fluent
