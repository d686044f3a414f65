"""Pictures in class folders."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveInt

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split

if TYPE_CHECKING:
    import numpy as np
    from PIL import ImageFile
    from PIL.Image import Image

Side = Annotated[int, Field(ge=4, le=8192)]

_EXPECTED = "One folder per class is expected, each holding PNG, JPEG, WebP, BMP or TIFF files"
_BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, OverflowError, LookupError, TypeError),
    *(struct.error, zlib.error),
)
"""What Pillow raises on damaged files."""


class ImageFolder(Reader):
    """Pictures by class: `<class>/**/<file>`, where the class is the folder's name exactly as written.

    PNG, JPEG, WebP, BMP and TIFF, told by their content. Payload: uint8 (h, w, 3) RGB, upright by EXIF; 16-bit grey
    is scaled, transparency laid over white. Quarantined: hidden files and folders, files beside the class folders,
    links to folders or out of the source (a link to a file inside is read), empty classes, pictures with several
    frames (which one shows the class is not known), and what is damaged, too large or too small.
    """

    modality: ClassVar[str] = "image"
    listing: ClassVar[frozenset[str]] = frozenset({"min_side", "max_pixels", "max_bytes"})

    size: Side | tuple[Side, Side] | None = None
    """Pixels to bring pictures to: one side of a square, or [width, height]; as they are if left out."""
    fit: Literal["cover", "contain", "stretch"] = "cover"
    """cover cuts off what juts out, contain adds white margins, stretch distorts."""
    min_side: PositiveInt = 4
    max_pixels: PositiveInt = 50_000_000
    max_bytes: PositiveInt = 100_000_000

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        if root is None or not root.is_dir():
            what = "is not a folder" if root and root.exists() else "does not exist"
            raise SourceError(f"the {split} folder {str(root)!r} {what}. {_EXPECTED}.")
        root = root.resolve()
        try:
            entries = sorted(os.scandir(root), key=lambda e: e.name)
        except OSError as error:
            raise SourceError(
                f"the {split} folder {str(root)!r} cannot be read: {error.strerror}."
            ) from error
        if not any(_is_class(e) for e in entries):
            raise SourceError(
                f"the {split} folder {str(root)!r} holds no class folders, only {len(entries)} other entries. "
                f"{_EXPECTED}: {root.name}/cat/1.png, {root.name}/dog/2.jpg."
            )
        for entry in entries:
            if not _is_class(entry):
                reason = (
                    _refused(entry, root) or "it lies beside the class folders, so its class is not known"
                )
                yield Quarantined(_shown(entry.name), reason, split)
                continue
            empty = True
            for found in _walk(Path(entry.path), entry.name, root, split):
                empty = False
                yield found
            if empty:
                yield Quarantined(f"{entry.name}/", "the class folder is empty", split)

    def raw(self, root: Path | None, place: str) -> bytes:
        base = (root or Path()).resolve()
        path = (base / place).resolve()
        if not path.is_relative_to(base):
            raise UnreadableItem("it lies outside the source folder")
        try:
            if not path.is_file():
                raise UnreadableItem("it is no file, or is gone")
            with path.open("rb") as file:
                data = file.read(self.max_bytes + 1)
        except OSError as error:
            raise UnreadableItem(f"it cannot be read: {error.strerror}") from error
        if len(data) > self.max_bytes:
            raise UnreadableItem(
                f"it has {path.stat().st_size:,} bytes, more than max_bytes = {self.max_bytes:,}"
            )
        return data

    def decode(self, raw: bytes) -> np.ndarray:
        import numpy as np

        with self._opened(raw) as picture:
            try:
                if self.size is not None:
                    side = 2 * max(_pair(self.size))
                    picture.draft(None, (side, side))  # large JPEGs decode several times faster
                upright = _upright_rgb(picture)
            except _BROKEN as error:
                raise UnreadableItem(f"it is damaged: {error}") from error
        return np.asarray(self._sized(upright))

    def glance(self, raw: bytes) -> None:
        self._opened(raw).close()

    def _opened(self, raw: bytes) -> ImageFile.ImageFile:
        """The picture with its header read and checked, and no pixel decoded."""
        import io

        if not raw:
            raise UnreadableItem("it is empty (0 bytes)")
        kind = _kind(raw)
        if kind is None:
            raise UnreadableItem("it is no PNG, JPEG, WebP, BMP or TIFF, whatever its name says")
        try:
            picture: ImageFile.ImageFile = kind(io.BytesIO(raw))
            animated = getattr(picture, "is_animated", False)
        except _BROKEN as error:
            raise UnreadableItem(f"its header is damaged: {error}") from error
        width, height = picture.size
        reason = None
        if width * height > self.max_pixels:
            reason = (
                f"it has {width} x {height} pixels, more than max_pixels = {self.max_pixels:,}; not decoded"
            )
        elif min(width, height) < self.min_side:
            reason = f"it has {width} x {height} pixels; each side needs {self.min_side} (min_side)"
        elif animated:
            reason = "it has several frames or pages; which one shows the class is not known"
        if reason:
            picture.close()
            raise UnreadableItem(reason)
        return picture

    def _sized(self, picture: Image) -> Image:
        from PIL import Image as Pictures
        from PIL import ImageOps

        if self.size is None or picture.size == _pair(self.size):
            return picture
        size = _pair(self.size)
        shrinks = picture.width * picture.height > size[0] * size[1]
        way = Pictures.Resampling.LANCZOS if shrinks else Pictures.Resampling.BICUBIC
        if self.fit == "cover":
            return ImageOps.fit(picture, size, way)
        if self.fit == "contain":
            return ImageOps.pad(picture, size, way, color="white")
        return picture.resize(size, way)


def _walk(folder: Path, label: str, root: Path, split: Split) -> Iterator[Found | Quarantined]:
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError as error:
        yield Quarantined(
            _shown(folder.relative_to(root).as_posix()) + "/", f"it cannot be read: {error.strerror}", split
        )
        return
    for entry in entries:
        place = Path(entry.path).relative_to(root).as_posix()
        if reason := _refused(entry, root):
            yield Quarantined(_shown(place), reason, split)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), label, root, split)
        else:
            yield Found(place, label)


def _is_class(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.name[0] != "." and _shown(entry.name) == entry.name


def _refused(entry: os.DirEntry[str], root: Path) -> str | None:
    """Why an entry is not read, as far as its name and kind tell."""
    if _shown(entry.name) != entry.name:
        return "its name is not valid UTF-8"
    if entry.name.startswith("."):
        return f"it is hidden: {'folders' if entry.is_dir() else 'files'} with a leading dot are not read"
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(root):
            return "it is a link that leaves the source folder"
        if not target.exists():
            return "it is a link to nothing"
        if target.is_dir():
            return "it is a link to a folder; its files are read where they lie"
    if not entry.is_dir() and not stat.S_ISREG(entry.stat().st_mode):
        return "it is no regular file"
    return None


def _shown(name: str) -> str:
    """The name as text that can be stored; bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else size


def _kind(raw: bytes) -> Any:
    """Pillow's class for the format that the first bytes show.

    `Image.open` would warn of large pictures before their size can be checked, and take the depth maps that phones
    append to a JPEG for further frames.
    """
    from PIL import BmpImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    starts = {
        b"\x89PNG\r\n\x1a\n": PngImagePlugin.PngImageFile,
        b"\xff\xd8\xff": JpegImagePlugin.JpegImageFile,
        b"BM": BmpImagePlugin.BmpImageFile,
        b"II*\0": TiffImagePlugin.TiffImageFile,
        b"MM\0*": TiffImagePlugin.TiffImageFile,
        b"II+\0": TiffImagePlugin.TiffImageFile,
        b"MM\0+": TiffImagePlugin.TiffImageFile,
    }
    return next((kind for start, kind in starts.items() if raw.startswith(start)), None)


def _upright_rgb(picture: Image) -> Image:
    """The picture turned as its EXIF says, as 8-bit RGB."""
    import numpy as np
    from PIL import Image as Pictures
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith("I;16"):
        levels = np.asarray(turned).astype(np.float32)
        return Pictures.fromarray(np.round(levels / 257).astype(np.uint8)).convert("RGB")
    if turned.mode in ("I", "F"):
        raise ValueError(f"its grey levels are {turned.mode!r} (32-bit), for which no white is defined")
    if turned.has_transparency_data:
        see_through = turned.convert("RGBA")
        white = Pictures.new("RGBA", see_through.size, "white")
        return Pictures.alpha_composite(white, see_through).convert("RGB")
    return turned.convert("RGB")


PLUGIN = ImageFolder
