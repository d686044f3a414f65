"""A filter judges samples one by one, blind to how they were made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from synthgen.contract import Effect, LabelContract
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict


class Filter(BaseModel):
    """Base of all filters. Fields are its settings; a subclass fills `score`, and `fit` and `load` where it learns."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    modalities: ClassVar[frozenset[str] | None] = None
    """The payload types it can judge; None for all."""
    sees_parents: ClassVar[bool] = False
    sees_holdout: ClassVar[bool] = False
    judges_class: ClassVar[bool] = False
    """Whether it asks if a payload shows its class."""
    learns: ClassVar[bool] = False
    """Whether `fit` writes anything: else `load` gets None."""
    execution: ClassVar[frozenset[str]] = frozenset({"batch_size"})

    def identity(self) -> dict[str, Any]:
        """The settings that decide verdicts, JSON-safe."""
        return self.model_dump(mode="json", exclude=set(self.execution))

    def given_model(self) -> Path | None:
        """The folder of a model that was trained elsewhere and can change without its settings; None without one."""
        return None

    def heeds(self) -> Iterable[Effect]:
        """Effects of the label contract that it asks about: rules may name them though no generator has them."""
        return ()

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        """Learn from the real train split and write safetensors and JSON into the empty `folder`.

        Returns JSON-safe facts a person should know (thresholds, classes too small). `holdout` is None unless
        `sees_holdout`.
        """
        return {}

    def load(self, modality: Modality, folder: Path | None, device: str) -> Any:
        """What `score` needs, loaded once a process."""
        return None

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        """One verdict a candidate, in order, whatever else is in the batch."""
        raise NotImplementedError
