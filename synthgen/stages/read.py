"""List and check a source: an index of what is usable, and the reason for what is not."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path

from synthgen.errors import BalanceError, RecipeError, SourceError, UnreadableItem
from synthgen.generator import Progress
from synthgen.index import Index
from synthgen.reader import Found, Item, Quarantined, Reader, Split
from synthgen.recipe import Recipe
from synthgen.recipe_parts import Source
from synthgen.registry import near
from synthgen.sample import source_id
from synthgen.seeds import numpy_rng

log = logging.getLogger(__name__)


def read(recipe: Recipe, *, deep: bool = True, progress: Progress | None = None) -> Index:
    """The index of train, holdout and pool.

    Every item is decoded once, so that what cannot be used is quarantined here with its reason; `deep=False` only
    glances at each (headers), as `plan` does. Raises SourceError if there is nothing to use, or too much unreadable.
    """
    reader, roots = recipe.reader, roots_of(recipe)
    items: dict[Split, tuple[Item, ...]] = {}
    quarantined: list[Quarantined] = []
    listed = 0
    for split, root in roots.items():
        found = list(reader.items(root, split))
        listed += len(found)
        usable: list[Item] = []
        for i, one in enumerate(found):
            answer = _check(reader, root, split, one, deep)
            (usable if isinstance(answer, Item) else quarantined).append(answer)  # type: ignore[arg-type]
            if progress and (i % 50 == 49 or i + 1 == len(found)):
                progress(i + 1, len(found), split)
        items[split] = tuple(usable)
    items, quarantined = _keep_apart(items, quarantined)
    items = _redrawn(recipe.source, items)
    index = Index(reader, roots, items, tuple(quarantined), listed, licence=recipe.source.licence)
    _balanced(index)
    _enough(recipe, index)
    for q in quarantined[:20]:
        log.warning("quarantined %s: %s", q.place, q.reason)
    return index


def roots_of(recipe: Recipe) -> dict[Split, Path | None]:
    """The folder or file of each split, checked to exist; None for data that ships with a package."""
    reader, own = recipe.reader, recipe.reader.own_splits()
    if not reader.takes_path:
        return dict.fromkeys(own)
    named = {"train": recipe.source.path, "holdout": recipe.source.holdout, "pool": recipe.source.pool}
    roots: dict[Split, Path | None] = {}
    places: dict[Path, str] = {}
    for split, path in named.items():
        if split in own and split != "train":
            roots[split] = roots["train"]  # type: ignore[index]
        if path is None:
            continue
        root = Path(path).expanduser()
        if not root.exists():
            key = "path" if split == "train" else split
            raise SourceError(
                f"[source] {key} = {path!r} does not exist. Give the folder by `--set source.{key}=FOLDER`."
            )
        place = reader.at(root, split).resolve()  # type: ignore[arg-type]
        if place in places:
            raise SourceError(
                f"[source] {split} is the same folder or file as {places[place]}: {place}. Name real data apart."
            )
        places[place] = split
        roots[split] = root  # type: ignore[index]
    return roots


def _check(
    reader: Reader, root: Path | None, split: Split, one: Found | Quarantined, deep: bool
) -> Item | Quarantined:
    if isinstance(one, Quarantined):
        return one._replace(split=split)
    try:
        raw = reader.raw(root, one.place)
        if deep:
            reader.decode(raw)
        else:
            reader.glance(raw)
    except UnreadableItem as error:
        return Quarantined(one.place, str(error), split)
    digest = hashlib.sha256(raw).hexdigest()
    return Item(source_id(one.place, digest), one.place, one.label, split, digest, one.annotations)


def _keep_apart(
    items: dict[Split, tuple[Item, ...]], quarantined: list[Quarantined]
) -> tuple[dict[Split, tuple[Item, ...]], list[Quarantined]]:
    """What lies byte for byte in the holdout too is no train item."""
    held = {item.sha256: item.place for item in items.get("holdout", ())}
    twins = [i for s in ("train", "pool") for i in items.get(s, ()) if i.sha256 in held]  # type: ignore[call-overload]
    quarantined += [
        Quarantined(i.place, f"the holdout has the same item: {held[i.sha256]}", i.split) for i in twins
    ]
    gone = {(i.split, i.id) for i in twins}
    return {
        s: tuple(i for i in every if (i.split, i.id) not in gone) for s, every in items.items()
    }, quarantined


def _redrawn(source: Source, items: dict[Split, tuple[Item, ...]]) -> dict[Split, tuple[Item, ...]]:
    """Train with as many items as `leave` says, and drawn from the pool too if `redraw` asks for it."""
    if not source.leave and source.redraw is None:
        return items
    train, pool = items["train"], items.get("pool", ())
    had = Counter(item.label for item in train)
    if strangers := sorted(set(source.leave) - {str(label) for label in had}):
        raise RecipeError(
            f"[source] leave names the class {strangers[0]!r}, which train does not hold."
            f"{near(strangers[0], map(str, had))}"
        )
    chosen: set[str] = set()
    for label, n in had.items():
        those = [i for i in (*train, *(pool if source.redraw is not None else ())) if i.label == label]
        those.sort(key=lambda item: item.id)
        order = numpy_rng("redraw", source.redraw or 0, label).permutation(len(those))
        chosen.update(those[i].id for i in order[: min(n, source.leave.get(str(label), n))])
    every = (*train, *pool)
    new: dict[Split, tuple[Item, ...]] = {
        "train": tuple(_moved(item, "train") for item in every if item.id in chosen),
        "pool": tuple(_moved(item, "pool") for item in every if item.id not in chosen),
    }
    return items | new


def _moved(item: Item, split: Split) -> Item:
    return item if item.split == split else replace(item, split=split, home=item.split)


def _balanced(index: Index) -> None:
    usable = sum(map(len, index.items.values()))
    if index.listed != usable + len(index.quarantined):
        raise BalanceError(
            f"{index.listed} source items were listed, but {usable} read and {len(index.quarantined)} quarantined."
        )
    for split, items in index.items.items():
        if len({item.id for item in items}) != len(items):
            raise BalanceError(f"two items of {split} have the same place and content.")


def _enough(recipe: Recipe, index: Index) -> None:
    reasons = "; ".join(f"{q.place}: {q.reason}" for q in index.quarantined[:3])
    if not index.items["train"]:
        raise SourceError(
            f"no usable train item at {recipe.source.path}. {reasons or 'The folder is empty.'}"
        )
    share = len(index.quarantined) / index.listed
    if share > recipe.source.max_unreadable:
        raise SourceError(
            f"{len(index.quarantined)} of {index.listed} source items ({share:.1%}) are unusable, more than "
            f"max_unreadable = {recipe.source.max_unreadable:g} allows. First: {reasons}. "
            f"Mend them, or raise [source] max_unreadable."
        )
