"""Videos in class folders."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, PositiveFloat, PositiveInt

from synthgen import class_folders, spans
from synthgen.errors import UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split

if TYPE_CHECKING:
    from synthgen.models.clip import Clip

Side = Annotated[int, Field(ge=16, le=4096, multiple_of=2)]
WINDOW = "#window="
MOST_WINDOWS = 10_000
"""A header that promises more is taken for a lie, which opening the file will show."""


class VideoFolder(Reader):
    """Videos by class: `<class>/**/<file>`, where the class is the folder's name exactly as written.

    MP4, MKV, WebM, AVI and GIF, told by their content, opened in a process of its own with limits of memory, time and
    frames, by no other protocol than `file`. Payload: a clip in MP4 (`models/clip.Clip`), upright, without sound. H.264
    stays as it is coded; other codecs, videos that players turn, and all where `size` is given are encoded again at
    even times. A file longer than `window_s` is read as several items, each from a keyframe to another.
    Quarantined: what is cut short, shows no frame, promises more than it holds, never ends, or cannot be decoded.
    """

    modality: ClassVar[str] = "video"
    listing: ClassVar[frozenset[str]] = frozenset(
        {"spans", "max_pixels", "max_frames", "max_bytes", "max_memory_mb", "max_seconds"}
    )

    size: tuple[Side, Side] | None = None
    """Width and height in pixels to bring all videos to; as they are if left out."""
    window_s: PositiveFloat = 120.0
    spans: str | None = None
    """A CSV table with the columns file, word, first_frame and end_frame: the row of a file whose word is its class
    gives the annotation `span`, the frames that carry the label."""
    max_pixels: PositiveInt = 4096 * 2304
    max_frames: PositiveInt = 20_000
    max_bytes: PositiveInt = 20_000_000_000
    max_memory_mb: Annotated[int, Field(ge=400)] = 2000
    max_seconds: PositiveFloat = 120.0
    """That opening one file, or one window of it, may take."""

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        table = spans.read(spans.found(self.spans, root), root.name) if self.spans and root else {}
        for one in class_folders.items(root, split, "MP4, MKV, WebM, AVI or GIF files", ".mp4"):
            if isinstance(one, Quarantined):
                yield one
                continue
            span = table.get((one.place, str(one.label)))
            if self.spans and span is None:
                yield Quarantined(
                    one.place, f"{self.spans} has no row for this file and {one.label!r}", split
                )
                continue
            if span and not 0 <= span[0] < span[1]:
                said_there = f"{self.spans} says that {one.label!r} stands from frame {span[0]} to {span[1]}"
                yield Quarantined(one.place, f"{said_there}: that is empty", split)
                continue
            windows = self._windows(root, one.place)
            if span and windows > 1:
                yield Quarantined(one.place, "it has a span, but is longer than window_s: raise that", split)
                continue
            said = {} if span is None else {"span": list(span)}
            for i in range(windows):
                place = one.place if windows == 1 else f"{one.place}{WINDOW}{i}"
                yield one._replace(place=place, annotations=said)

    def _windows(self, root: Path | None, place: str) -> int:
        """How many items a file is read as; one where it does not open, so that its reason is told later."""
        from synthgen.models import video_reading

        try:
            path = class_folders.file_at(root, place)
            stated = video_reading.length_s(path, self.max_memory_mb, self.max_seconds)
        except UnreadableItem:
            return 1
        windows = math.ceil(round(stated / self.window_s, 3)) if math.isfinite(stated) else 1
        return windows if 1 <= windows <= MOST_WINDOWS else 1

    def raw(self, root: Path | None, place: str) -> bytes:
        from synthgen.models import video_reading

        name, _, number = place.partition(WINDOW)
        path = class_folders.file_at(root, name)
        if (size := path.stat().st_size) > self.max_bytes:
            raise UnreadableItem(f"it has {size:,} bytes, more than max_bytes = {self.max_bytes:,}")
        window = (int(number) * self.window_s, (int(number) + 1) * self.window_s) if number else None
        return video_reading.mp4(
            path, window, size=self.size, max_pixels=self.max_pixels, max_frames=self.max_frames,
            memory_mb=self.max_memory_mb, seconds=self.max_seconds,
        )  # fmt: skip

    def decode(self, raw: bytes) -> Clip:
        from synthgen.models.clip import clip

        try:
            return clip(raw)
        except ValueError as error:
            raise UnreadableItem(str(error)) from error

    def glance(self, raw: bytes) -> None:
        self.decode(raw)


PLUGIN = VideoFolder
