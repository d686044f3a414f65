"""Make one published sample again, alone, and say whether it is identical."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synthgen import device, registry
from synthgen.chain import Fitted, key_of, make_again
from synthgen.checked import checked
from synthgen.dataset import DatasetVersion
from synthgen.errors import DatasetError, ModelError
from synthgen.generator import GIVEN, Generator
from synthgen.modality import Modality, marker
from synthgen.reader import Reader
from synthgen.sample import Failed, Job, Sample
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
    """The sample made again from the version alone: its stored parents, models, settings and draw.

    Raises DatasetError where the sample has no payload (a failed job), or a parent or model is missing.
    """
    row = version.row(sample_id)
    if row["payload_sha256"] is None:
        raise DatasetError(f"{row['id']} has no payload: it {row['decision']} ({'; '.join(row['reasons'])}).")
    modality: Modality = registry.find("modalities", row["modality"])()
    generators = _generators(version, row)
    notes: list[str] = []
    models = {
        key_of("generator", g): _model(version, row, name, g, notes)
        for name, g in generators
        if _is_network(g)
    }
    bounds = {name: (low, high) for name, (low, high) in json.loads(row["bounds"]).items()}
    job = Job(0, row["label"], row["index"], tuple(row["parents"]), bounds, row["seed"], row["round"])
    parents = tuple(_parent(version, modality, p) for p in row["parents"])
    draws = json.loads(row["draw"])
    made = make_again(
        [(g, draw) for (_, g), draw in zip(generators, draws, strict=True)], job, parents, models
    )
    if isinstance(made, Failed):
        raise DatasetError(f"{row['id']} could not be made again: {made.reason}")
    data = modality.encode(made.payload, marker(row["id"]))
    sha = hashlib.sha256(data).hexdigest()
    return Replayed(row["id"], row["generator"], row["label"], data, sha, row["payload_sha256"], tuple(notes))


def _generators(version: DatasetVersion, row: Mapping[str, Any]) -> list[tuple[str, Generator]]:
    generators = []
    for name, settings in zip(row["generator"].split("+"), json.loads(row["settings"]), strict=True):
        if settings.get("model") == GIVEN:
            settings["model"] = _known(version, row, name)[1]["given"]
        generators.append(
            (name, checked(registry.find("generators", name), settings, f"{row['id']}: {name}"))
        )
    return generators


def _known(version: DatasetVersion, row: Mapping[str, Any], name: str) -> tuple[str, Mapping[str, Any]]:
    known: Mapping[str, Any] = version.record["models"]
    for sha in row["model_sha256"]:
        if known.get(sha, {}).get("name") == name:
            return sha, known[sha]
    raise DatasetError(f"{version.tag} does not name the model that {name} used for {row['id']}.")


def _is_network(generator: Generator) -> bool:
    return generator.learns() is not None or generator.compute("cpu") is not None


def _model(
    version: DatasetVersion, row: Mapping[str, Any], name: str, generator: Generator, notes: list[str]
) -> Fitted:
    sha, known = _known(version, row, name)
    weights = known["weights_sha256"]
    folder: Path | None = version.dataset.model_folder(weights)
    if generator.learns() is None:
        folder = generator.given_model()
        if folder is not None and folder_sha256(folder) != weights:
            raise ModelError(
                f"the model at {folder} is not the one that made {row['id']}: its files have changed."
            )
    where = device.pick_device()
    if hash_of(weights, generator.compute(where)) != sha:
        notes.append(
            f"{name} ran on another device or batch shape than here ({where}): values may differ slightly"
        )
    return Fitted(hash_of(weights, generator.compute(where)), partial(generator.load, folder, where))


def _parent(version: DatasetVersion, modality: Modality, parent: str) -> Sample:
    source: Mapping[str, Any] | None = version.record["sources"].get(parent)
    if source is None:
        return Sample(parent, modality.name, None, lambda: modality.decode(version.payload(parent)))
    stated = version.record["recipe"]["source"]
    reader: Reader = registry.find("readers", stated["reader"]).model_validate(stated["settings"])
    return Sample(
        parent, modality.name, source["label"],
        lambda: reader.decode(version.dataset.source_bytes(source["sha256"])),
    )  # fmt: skip
