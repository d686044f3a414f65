"""Sounds in class folders."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from synthgen import class_folders, spans
from synthgen.errors import SourceError
from synthgen.reader import Found, Quarantined, Reader, Split

if TYPE_CHECKING:
    from synthgen.models.sound import Sound
    from synthgen.models.sound_file import Limits


class AudioFolder(Reader):
    """Sounds by class: `<class>/**/<file>`, where the class is the folder's name exactly as written.

    WAV, FLAC, OGG (Vorbis, Opus) and MP3, told by their content. Payload: a sound (`models/sound.Sound`) of 16 bit at
    `rate` samples a second, or at the file's own. Annotation `transcript`, where there is a table of them.
    Quarantined: what holds no sample or NaN, is silent, far beyond full scale, cut short, longer or larger than the
    limits, or promises more than it holds.
    """

    modality: ClassVar[str] = "audio"
    listing: ClassVar[frozenset[str]] = frozenset({"transcripts", "max_seconds", "max_rate", "max_bytes"})

    rate: Annotated[int, Field(ge=1000, le=192_000)] | None = None
    """Samples a second that all sounds are brought to; as they are if left out."""
    stereo: Literal["mix", "left", "right", "keep"] = "mix"
    """What becomes of several channels: their mean, the first, the second, or all of them."""
    transcripts: str | None = None
    """A CSV table with the columns file and transcript (or text): what is said in a file. One may have no row."""
    max_seconds: PositiveFloat = 600.0
    max_rate: PositiveInt = 384_000
    max_bytes: PositiveInt = 200_000_000

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        said = (
            _transcripts(spans.found(self.transcripts, root), root.name) if self.transcripts and root else {}
        )
        for one in class_folders.items(root, split, "WAV, FLAC, OGG or MP3 files", ".wav"):
            if isinstance(one, Found) and one.place in said:
                yield one._replace(annotations={"transcript": said[one.place]})
            else:
                yield one

    def raw(self, root: Path | None, place: str) -> bytes:
        return class_folders.raw(root, place, self.max_bytes)

    def decode(self, raw: bytes) -> Sound:
        from synthgen.models import sound_file

        return sound_file.read(raw, self._limits(), self.rate, self.stereo)

    def glance(self, raw: bytes) -> None:
        from synthgen.models import sound_file

        sound_file.glance(raw, self._limits())

    def _limits(self) -> Limits:
        from synthgen.models.sound_file import Limits

        return Limits(self.max_seconds, self.max_rate)


def _transcripts(path: Path, folder: str) -> dict[str, str]:
    """What is said, by file; a file's name begins with the split's `folder`, or in it. Raises SourceError."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            columns = set(rows.fieldnames or ())
            text = "transcript" if "transcript" in columns else "text"
            if missing := {"file", text} - columns:
                raise SourceError(
                    f"{path.name} lacks the column {sorted(missing)[0]!r}; it needs file and transcript."
                )
            return {row["file"].removeprefix(f"{folder}/"): row[text] or "" for row in rows if row["file"]}
    except UnicodeDecodeError as error:
        raise SourceError(f"{path.name} is not UTF-8 ({error.reason} at byte {error.start}).") from error


PLUGIN = AudioFolder
