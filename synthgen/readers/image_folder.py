"""Pictures in class folders."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveInt

from synthgen import class_folders
from synthgen.errors import UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split

if TYPE_CHECKING:
    import numpy as np
    from PIL import ImageFile
    from PIL.Image import Image

Side = Annotated[int, Field(ge=4, le=8192)]

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
        return class_folders.items(root, split, "PNG, JPEG, WebP, BMP or TIFF files", ".png")

    def raw(self, root: Path | None, place: str) -> bytes:
        return class_folders.raw(root, place, self.max_bytes)

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
