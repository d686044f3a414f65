"""A text as a small picture, for contact sheets."""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

INK, PAPER = (30, 30, 30), (250, 250, 247)
MOST_SHOWN = 4000


def preview(text: str, size_px: int) -> bytes:
    """A JPEG of size_px by size_px that shows the beginning of a text; characters without a glyph by their names."""
    from PIL import Image, ImageDraw

    points = max(6, min(14, size_px // 10))
    font = _font(points)
    picture = Image.new("RGB", (size_px, size_px), PAPER)
    draw = ImageDraw.Draw(picture)
    margin = max(1, size_px // 32)
    high = round(points * 1.25)
    for n, line in enumerate(_lines(shown(text[:MOST_SHOWN]), font, size_px - 2 * margin)):
        top = margin + n * high
        if top + high > size_px:
            break
        draw.text((margin, top), line, INK, font=font)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def shown(text: str) -> str:
    """The text with what the font cannot draw named, and what cannot be seen or turns a line round left out."""
    has = _glyphs()
    return "".join(c if ord(c) in has and unicodedata.category(c)[0] != "C" else _named(c) for c in text)


def _named(c: str) -> str:
    if c.isspace():
        return " "
    if unicodedata.category(c)[0] in "CM":
        return ""
    name = unicodedata.name(c, f"U+{ord(c):04X}").lower()
    return "\u25a1" if unicodedata.category(c)[0] == "L" else f"<{name}>"


def _lines(text: str, font: FreeTypeFont | ImageFont, width: float) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        while font.getlength(word) > width and len(word) > 1:  # a word wider than the picture is cut
            fits = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or font.getlength(word[:n]) <= width)
            lines += [line, word[:fits]] if line else [word[:fits]]
            line, word = "", word[fits:]
        longer = f"{line} {word}" if line else word
        if line and font.getlength(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _path() -> Path:
    """DejaVu Sans, which comes with matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic and more."""
    import importlib.util

    spec = importlib.util.find_spec("matplotlib")
    return Path((spec and spec.origin) or ".").parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def _font(points: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    path = _path()
    return ImageFont.truetype(str(path), points) if path.is_file() else ImageFont.load_default(points)


@cache
def _glyphs() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    path = _path()
    if not path.is_file():
        return frozenset(range(32, 127))
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())
