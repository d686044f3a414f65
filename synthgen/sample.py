"""A payload with its label, and the small values around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from synthgen.answers import Answer
from synthgen.contract import Bounds
from synthgen.seeds import hash_of

Draw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One planned sample. `index` counts the jobs of one generator entry and label from 0 and never starts again;
    `turn` says how many of those before it have the same parents."""

    entry: int
    label: str
    index: int
    parents: tuple[str, ...]
    bounds: Bounds
    seed: int
    round: int = 1
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload with its label: hard (`label`), or soft (`weights`, counted for `label`), or none.

    `annotations` move with the payload (boxes, masks, tags, ...). The payload is loaded when it is read.
    """

    id: str
    modality: str
    label: str | None
    load: Callable[[], Any] = field(repr=False, compare=False)
    weights: Mapping[str, float] | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict)
    split: str = "train"
    licence: str = ""

    @property
    def payload(self) -> Any:
        """The payload, as its modality describes it. Not to be written to."""
        return self.load()


class Made(NamedTuple):
    """What a generator made; `weights` make the label soft and sum to 1."""

    payload: Any
    weights: Mapping[str, float] | None = None
    annotations: Mapping[str, Any] = {}


class Failed(NamedTuple):
    """Why a generator could not make this one sample."""

    reason: str


class Work(NamedTuple):
    """One sample to be made: what `draw` chose, for which job, from which parents, and what a remote model answered."""

    job: Job
    parents: tuple[Sample, ...]
    draw: Draw
    answer: Answer | None = None


class Candidate(NamedTuple):
    """What a filter sees of a sample: never how it was made; the parents' payloads only if the filter asks for them."""

    payload: Any
    label: str | None
    weights: Mapping[str, float] | None = None
    annotations: Mapping[str, Any] = {}
    parents: tuple[Any, ...] = ()


class Verdict(NamedTuple):
    """A filter's answer on one sample, with a reason a person can read."""

    passed: bool
    score: float
    threshold: float
    reason: str = ""


def mixed_weights(wanted: Sample, partner: Sample, partner_share: float) -> dict[str, float]:
    """The soft label of two labelled samples mixed."""
    mixed: dict[str, float] = {}
    for sample, share in ((wanted, 1 - partner_share), (partner, partner_share)):
        for label, weight in (sample.weights or {str(sample.label): 1.0}).items():
            mixed[label] = mixed.get(label, 0.0) + share * weight
    return mixed


def sample_id(identity: Any, models: tuple[str, ...], prompts: tuple[str, ...], job: Job) -> str:
    """The id of what a job makes; neither the recipe nor the round are part of it."""
    return hash_of(identity, models, prompts, job.parents, job.label, job.bounds, job.seed, job.index)[:32]


def source_id(place: str, content_sha256: str) -> str:
    """The id of a source item: its relative path and content."""
    return hash_of(place, content_sha256)[:32]
