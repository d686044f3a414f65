"""Make one published sample again, alone, and say whether it is identical."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from synthgen import device, registry
from synthgen.chain import Fitted, key_of, make_again
from synthgen.checked import checked
from synthgen.dataset import DatasetVersion
from synthgen.errors import DatasetError, ModelError
from synthgen.generator import GIVEN, Generator
from synthgen.modality import Modality, marker
from synthgen.reader import Reader
from synthgen.sample import Draw, Failed, Job, Sample
from synthgen.seeds import folder_sha256, hash_of


@dataclass(frozen=True, slots=True)
class Replayed:
    """A sample made again: its bytes, both hashes, and what may explain a difference."""

    id: str
    generator: str
    label: str
    payload: bytes
    sha256: str
    published_sha256: str
    notes: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether every byte is the same."""
        return self.sha256 == self.published_sha256


def replay(version: DatasetVersion, sample_id: str) -> Replayed:
    """The sample made again from the version alone: its stored parents, models, answers, settings and
    draw.

    Raises DatasetError where the sample has no payload (a failed job), or a parent or model is missing.
    """
    row = version.row(sample_id)
    if row["payload_sha256"] is None:
        raise DatasetError(f"{row['id']} has no payload: it {row['decision']} ({'; '.join(row['reasons'])}).")
    modality: Modality = registry.find("modalities", row["modality"])()
    notes: list[str] = []
    steps = _steps(version, row)
    models = {
        key_of("generator", step.generator): _model(version, row, step, notes)
        for step in steps
        if step.sha256
    }
    bounds = {name: (low, high) for name, (low, high) in json.loads(row["bounds"]).items()}
    job = Job(0, row["label"], row["index"], tuple(row["parents"]), bounds, row["seed"], row["round"])
    parents = tuple(_parent(version, modality, p) for p in row["parents"])
    made = make_again([(step.generator, step.draw) for step in steps], job, parents, models, version.answers)
    if isinstance(made, Failed):
        raise DatasetError(f"{row['id']} could not be made again: {made.reason}")
    data = modality.encode(made.payload, marker(row["id"]))
    sha = hashlib.sha256(data).hexdigest()
    return Replayed(row["id"], row["generator"], row["label"], data, sha, row["payload_sha256"], tuple(notes))


class _Step(NamedTuple):
    name: str
    generator: Generator
    draw: Draw
    sha256: str | None
    known: Mapping[str, Any]


def _steps(version: DatasetVersion, row: Mapping[str, Any]) -> list[_Step]:
    """The steps that were taken, each with the model that it used."""
    steps = []
    columns = (
        row["generator"].split("+"),
        *(json.loads(row[c]) for c in ("settings", "draw")),
        row["model_sha256"],
    )
    for name, settings, draw, sha in zip(*columns, strict=True):
        known = version.record["models"].get(sha, {})
        if sha and not known:
            raise DatasetError(
                f"{version.tag} does not name the model {sha} that {name} used for {row['id']}."
            )
        settings = {key: known.get("given") if value == GIVEN else value for key, value in settings.items()}
        generator = checked(registry.find("generators", name), settings, f"{row['id']}: {name}")
        steps.append(_Step(name, generator, draw, sha, known))
    return steps


def _model(version: DatasetVersion, row: Mapping[str, Any], step: _Step, notes: list[str]) -> Fitted:
    weights, generator = step.known["weights_sha256"], step.generator
    folder: Path | None = version.dataset.model_folder(weights)
    if generator.learns() is None:
        folder = generator.given_model()
        if folder is not None and folder_sha256(folder) != weights:
            raise ModelError(
                f"the model at {folder} is not the one that made {row['id']}: its files have changed."
            )
    where = device.pick_device()
    here = hash_of(weights, generator.compute(where))
    if here != step.sha256:
        notes.append(
            f"{step.name} ran on another device or batch shape than here ({where}): values may differ slightly"
        )
    return Fitted(here, partial(generator.load, folder, where))


def _parent(version: DatasetVersion, modality: Modality, parent: str) -> Sample:
    source: Mapping[str, Any] | None = version.record["sources"].get(parent)
    if source is None:
        return Sample(parent, modality.name, None, lambda: modality.decode(version.payload(parent)))
    stated = version.record["recipe"]["source"]
    reader: Reader = registry.find("readers", stated["reader"]).model_validate(stated["settings"])
    return Sample(
        parent, modality.name, source["label"],
        lambda: reader.decode(version.dataset.source_bytes(source["sha256"])),
        annotations=source.get("annotations", {}),
    )  # fmt: skip
