"""Train what has jobs, once: models are kept by content hash and found again."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synthgen import device, durable
from synthgen.chain import Fitted, key_of
from synthgen.filter import Filter
from synthgen.generator import Generator, Progress
from synthgen.index import Index
from synthgen.recipe import Recipe
from synthgen.seeds import folder_sha256, hash_of

log = logging.getLogger(__name__)
VERSION = 2
"""Raised when training changes, so that models are trained anew."""
_LEFT_OVER_S = 24 * 3600
_KEEPING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Training:
    """One model to have ready: whose, under which key it is found again, and the seconds it may take on one core.

    `given` is the hash of the folder that a filter was told to use.
    """

    kind: str
    name: str
    plugin: Generator | Filter
    key: str
    found: bool
    seconds: float
    given: str = ""


def trainings(recipe: Recipe, index: Index, entries: Iterable[int], models: Path) -> list[Training]:
    """All models that the jobs of these entries and the filters need, the longest training first."""
    from synthgen.registry import name_of

    todo: dict[str, Training] = {}
    for i in sorted(set(entries)):
        for generator in recipe.generate[i].generators:
            if generator.learns() is None and generator.compute("cpu") is None:
                continue
            name = name_of("generators", generator)
            key = hash_of(VERSION, name, generator.learns(), index.split_digest("train"), _context(recipe))
            found = generator.learns() is None or _known(models, key) is not None
            n = len(index.items["train"])
            todo[key_of("generator", generator)] = Training(
                "generator", name, generator, key, found, generator.cost(n)
            )
    for name, one in recipe.filters:
        if one.learns:
            held = index.split_digest("holdout") if one.sees_holdout else ""
            given = folder_sha256(folder) if (folder := one.given_model()) else ""
            train = index.split_digest("train")
            key = hash_of(VERSION, name, one.identity(), given, train, held, _context(recipe))
            todo[key_of("filter", one)] = Training(
                "filter", name, one, key, _known(models, key) is not None, 0.0, given
            )
    return sorted(todo.values(), key=lambda t: -t.seconds)


def fit(recipe: Recipe, index: Index, training: Training, models: Path, progress: Progress) -> dict[str, Any]:
    """Train one model if it is not there; returns facts that a person should know, with the model's hash.

    The folder appears whole by rename; two runs that train the same at once end with the same one. A model that was
    found is checked: one that was altered, or cut off by a crash, is trained anew.
    """
    if isinstance(training.plugin, Generator) and training.plugin.learns() is None:
        given = training.plugin.given_model()
        sha = folder_sha256(given) if given else ""
        return {
            "weights_sha256": sha,
            "name": training.name,
            "kind": training.kind,
            "given": str(given.resolve()) if given else "",
        }
    with durable.writing_to(models):
        models.mkdir(parents=True, exist_ok=True)
        _clear(models)
    facts = _known(models, training.key)
    if facts is not None and folder_sha256(models / facts["weights_sha256"]) == facts["weights_sha256"]:
        return facts
    if facts is not None:
        log.warning("the model of %s has changed since it was trained: it is trained anew", training.name)
    began = time.thread_time()
    sha, said = _trained(recipe, index, training, models, progress)
    facts = {"weights_sha256": sha, "said": said, "name": training.name, "kind": training.kind}
    with durable.writing_to(models):
        durable.write(_alias(models, training.key), json.dumps(facts).encode())
    log.info("trained %s in %.0f CPU seconds", training.name, time.thread_time() - began)
    return facts


def _trained(
    recipe: Recipe, index: Index, training: Training, models: Path, progress: Progress
) -> tuple[str, dict[str, Any]]:
    """The hash of a model that was just trained and lies in its folder, synced, and what was said."""
    from safetensors import SafetensorError  # what it raises when the disk is full is no OSError

    scratch = models / f".{training.key[:16]}-{uuid.uuid4().hex[:8]}"
    try:
        scratch.mkdir()
        said = _train(recipe, index, training.plugin, scratch, progress)
        sha = folder_sha256(scratch)
        for path in (*scratch.rglob("*"), scratch):
            durable.sync(path)
        with _KEEPING:
            if (models / sha).exists() and folder_sha256(models / sha) != sha:
                shutil.rmtree(models / sha)
            if not (models / sha).exists():
                scratch.rename(models / sha)
        durable.sync(models)
    except (OSError, SafetensorError) as error:
        with durable.writing_to(models):
            raise OSError(*error.args) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sha, said


def fitted(recipe: Recipe, training: Training, facts: dict[str, Any], models: Path) -> Fitted:
    """The model that `fit` made or found, to be loaded where it is needed."""
    where = device.pick_device()
    plugin, sha = training.plugin, facts["weights_sha256"]
    if isinstance(plugin, Filter):
        load = partial(plugin.load, recipe.modality, models / sha, where)
        return Fitted(hash_of(sha, training.given, training.name, where), load)
    folder = plugin.given_model() if plugin.learns() is None else models / sha
    return Fitted(hash_of(sha, plugin.compute(where)), partial(plugin.load, folder, where))


def _train(
    recipe: Recipe, index: Index, plugin: Generator | Filter, folder: Path, progress: Progress
) -> dict[str, Any]:
    device.one_thread()
    train = index.samples("train")
    if isinstance(plugin, Generator):
        plugin.fit(train, recipe.contract, folder, recipe.seed, progress)
        return {}
    holdout = index.samples("holdout") if plugin.sees_holdout else None
    return plugin.fit(recipe.modality, train, holdout, recipe.contract, folder, recipe.seed, progress)


def _context(recipe: Recipe) -> str:
    reader = recipe.reader.model_dump(mode="json")
    return hash_of(recipe.seed, recipe.contract.model_dump(mode="json"), recipe.source.reader, reader)


def _known(models: Path, key: str) -> dict[str, Any] | None:
    """What is known of a model that was trained before, or None where it, or the file that says so, is damaged."""
    try:
        facts: dict[str, Any] = json.loads(_alias(models, key).read_bytes())
        return facts if (models / facts["weights_sha256"]).is_dir() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _clear(models: Path) -> None:
    """Remove what trainings that were killed left more than a day ago."""
    for path in models.glob(".*"):
        with suppress(FileNotFoundError):  # another training has ended
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _alias(models: Path, key: str) -> Path:
    return models / f"{key}.json"
