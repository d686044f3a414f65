"""Sentences whose words are tagged with entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import PositiveInt

from synthgen.errors import SourceError, UnreadableItem
from synthgen.modalities.text import Text
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.spool import Spool

NO_ENTITY = "none"

_NAMES: dict[Split, tuple[str, ...]] = {
    "train": ("train",),
    "holdout": ("test", "holdout"),
    "pool": ("pool",),
}
_SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".txt")


class Conll(Reader):
    """Tokens with BIO tags, one a line, the token first and the tag last; an empty line ends a sentence.

    Payload: the tokens of a sentence joined by single blanks, as str. Annotations: `entities`, a sorted list of
    [start, end, type] in characters, end exclusive. A sentence's class is the type in it that is rarest in its file
    (`label = "rarest"`), or `none` where it has no entity; so targets count sentences by their rarest entity. An I- tag
    after O or another type begins an entity, as older files write it. Quarantined: sentences with lines that are not
    UTF-8, lack a token or tag, have a tag other than O, B-type and I-type, a token with blanks inside, or more than
    `max_bytes`. Lines that begin with -DOCSTART- are passed over.
    """

    modality: ClassVar[str] = "text"
    shows_class: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"label", "max_bytes"})

    label: Literal["rarest"] = "rarest"
    max_bytes: PositiveInt = 100_000

    def at(self, root: Path, split: Split) -> Path:
        if not root.is_dir():
            return root
        files = sorted(p for p in root.iterdir() if p.suffix in _SUFFIXES and p.name[0] != ".")
        chosen = [p for p in files if p.stem in _NAMES[split]]
        return chosen[0] if len(chosen) == 1 else files[0] if len(files) == 1 else root

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        path = self.at(root or Path(), split)
        if not path.is_file():
            what = "is a folder without one such file" if path.is_dir() else "does not exist"
            raise SourceError(
                f"the {split} file {str(path)!r} {what}. Name a file of tokens and BIO tags: "
                f"--set source.path=FOLDER/train.conll."
            )
        for one in self._index(path).entries:
            yield one._replace(split=split) if isinstance(one, Quarantined) else one

    def raw(self, root: Path | None, place: str) -> bytes:
        name, hash_, number = place.partition("#")
        base = root or Path()
        path = base / name if base.is_dir() else base
        if not hash_ or path.name != name or not path.is_file():
            raise UnreadableItem("it is in none of the source's files")
        try:
            return self._index(path).sentences[int(number) - 1]
        except (IndexError, ValueError):
            raise UnreadableItem("the file has no such sentence") from None

    def decode(self, raw: bytes) -> str:
        text = " ".join(line.partition("\t")[0] for line in raw.decode().split("\n"))
        try:
            Text().check(text)
        except ValueError as error:
            raise UnreadableItem(str(error)) from error
        return text

    def glance(self, raw: bytes) -> None:
        self.decode(raw)

    def write_specimen(self, folder: Path, samples: Sequence[tuple[str, Any]]) -> Path:
        path = folder / "train.conll"
        with path.open("w", encoding="utf-8") as file:
            for label, text in samples:
                tags = [f"B-{label.replace(' ', '-')}", *["O"] * len(text.split())]
                file.writelines(f"{token}\t{tag}\n" for token, tag in zip(text.split(), tags, strict=False))
                file.write("\n")
        return path

    def _index(self, path: Path) -> _Indexed:
        stat = path.stat()
        return _indexed(self.max_bytes, str(path), stat.st_mtime_ns, stat.st_size)


class Sentence(NamedTuple):
    """Tokens with tags from the line `first` on, or what is wrong with them."""

    first: int
    tokens: tuple[tuple[str, str], ...]
    wrong: str = ""


@dataclass(frozen=True)
class _Indexed:
    entries: list[Found | Quarantined]
    sentences: Spool


@lru_cache(maxsize=8)
def _indexed(max_bytes: int, path: str, mtime_ns: int, size: int) -> _Indexed:
    """A file read through once; again only where it changed."""
    file = Path(path)
    every = list(_sentences(file))
    spans = [entities(sentence.tokens) for sentence in every]
    frequent = Counter(kind for some in spans for _, _, kind in some)
    entries: list[Found | Quarantined] = []
    sentences = Spool()
    for number, (sentence, found) in enumerate(zip(every, spans, strict=True), 1):
        place = f"{file.name}#{number:06}"
        raw = "\n".join("\t".join(pair) for pair in sentence.tokens).encode()
        wrong = sentence.wrong
        if not wrong and len(raw) > max_bytes:
            wrong = f"it has {len(raw):,} bytes, more than max_bytes = {max_bytes:,}"
        sentences.add(b"" if wrong else raw)
        if wrong:
            entries.append(Quarantined(place, f"{wrong} (the sentence from line {sentence.first} on)"))
            continue
        kinds = sorted({kind for _, _, kind in found}, key=lambda kind: (frequent[kind], kind))
        entries.append(Found(place, kinds[0] if kinds else NO_ENTITY, {"entities": found}))
    if every and all(sentence.wrong for sentence in every):
        raise SourceError(
            f"{file.name} holds no tokens with BIO tags. First: {every[0].wrong} (line {every[0].first}). Each line is "
            f"a token, a tab or blanks, and a tag (O, B-type, I-type); an empty line ends a sentence."
        )
    return _Indexed(entries, sentences.seal())


def _sentences(path: Path) -> Iterator[Sentence]:
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    first, pairs, wrong = 0, list[tuple[str, str]](), ""
    for number, line in enumerate([*data.split(b"\n"), b""], 1):
        if line.strip():
            first = first or number
            if line.startswith(b"-DOCSTART-"):
                continue
            token, tag, reason = _pair(line.rstrip(b"\r"))
            pairs.append((token, tag))
            wrong = wrong or (f"line {number} {reason}" if reason else "")
        elif first:
            if pairs:
                yield Sentence(first, () if wrong else tuple(pairs), wrong)
            first, pairs, wrong = 0, [], ""


def _pair(line: bytes) -> tuple[str, str, str]:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "", "", "is not valid UTF-8"
    cells = text.split("\t") if "\t" in text else text.split()
    token, tag = cells[0].strip(" "), cells[-1].strip()
    if len(cells) < 2 or not token or token.isspace():
        return "", "", f"has no token and tag: {text[:40]!r}"
    if " " in token:
        return "", "", f"has a token with a blank inside: {token[:40]!r}"
    if tag != "O" and (tag[:2] not in ("B-", "I-") or not tag[2:]):
        return "", "", f"has the tag {tag[:40]!r}, which is none of O, B-type and I-type"
    return token, tag, ""


def entities(tokens: Sequence[tuple[str, str]]) -> list[list[Any]]:
    """Spans [start, end, type] in the text that the tokens make, joined by single blanks."""
    spans: list[list[Any]] = []
    at, before = 0, "O"
    for token, tag in tokens:
        end = at + len(token)
        if tag.startswith("I-") and before != "O" and before[2:] == tag[2:]:
            spans[-1][1] = end
        elif tag != "O":
            spans.append([at, end, tag[2:]])
        at, before = end + 1, tag
    return spans


PLUGIN = Conll
