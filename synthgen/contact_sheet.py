"""A report's gallery as one picture: parents beside what was made of them, and what was rejected."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synthgen.report import Exhibit, Report

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

INK, SOFT, PAPER, SUNK = "#1c1d1f", "#5d6066", "#ffffff", "#efeeea"
COLOURS = {"kept": "#16785a", "rejected": "#b3341f", "surplus": "#8a6d1a"}
_MARGIN = 20


def contact_sheet(
    report: Report, labels: Sequence[str] | None = None, *, columns: int = 8, kept: int = 16, rejected: int = 8,
    picture_px: int = 72,
) -> bytes:  # fmt: skip
    """PNG bytes: for each class some kept and some rejected samples, the first parent small beside each.

    The samples are taken evenly from the gallery: none is picked for its looks.
    """
    from PIL import Image, ImageDraw

    chosen = report.labels if labels is None else labels
    rows = [
        (
            label,
            decision,
            _evenly([e for e in report.exhibits(label) if e.decision == decision and e.picture], most),
        )
        for label in chosen
        for decision, most in (("kept", kept), ("rejected", rejected))
    ]
    rows = [row for row in rows if row[2]]
    across, down = picture_px + picture_px // 2 + 14, picture_px + 24
    head, title = 30, 44
    lines = [-(-len(exhibits) // columns) for _, _, exhibits in rows]
    size = 2 * _MARGIN + columns * across, 2 * _MARGIN + title + sum(head + n * down + 8 for n in lines)
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN - 4), report.title, INK, _font(22))
    y = _MARGIN + title
    for (label, decision, exhibits), n in zip(rows, lines, strict=True):
        total = sum(1 for e in report.exhibits(label) if e.decision == decision)
        said = f"{label}: {decision}, {len(exhibits)} of the {total} in the gallery"
        pen.text((_MARGIN, y), said, COLOURS[decision], _font(14))
        for i, exhibit in enumerate(exhibits):
            at = _MARGIN + i % columns * across, y + head + i // columns * down
            _draw(sheet, pen, exhibit, at, picture_px, across)
        y += head + n * down + 8
    out = io.BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


def _evenly(exhibits: list[Exhibit], most: int) -> list[Exhibit]:
    few = min(most, len(exhibits))
    return [exhibits[int((i + 0.5) * len(exhibits) / few)] for i in range(few)]


def _draw(
    sheet: Image, pen: ImageDraw, exhibit: Exhibit, at: tuple[int, int], side: int, across: int
) -> None:
    x, y = at
    small = side // 2
    parent = exhibit.parents[0].picture if exhibit.parents else None
    if parent is not None:
        _paste(sheet, parent, (x, y + side - small), small)
    else:
        pen.rectangle((x, y + side - small, x + small - 1, y + side - 1), SUNK)
        pen.text((x + 4, y + side - small + 10), "none", SOFT, _font(10))
    _paste(sheet, exhibit.picture or b"", (x + small + 3, y), side)
    maker = "+".join(step.rpartition("/")[2] for step in exhibit.generator.split("+"))
    said = exhibit.reasons[0].split(":")[0] if exhibit.reasons else maker
    font = _font(10)
    while said and pen.textlength(said, font) > across - 8:
        said = said[:-1]
    pen.text((x, y + side + 3), said, SOFT, font)


def _paste(sheet: Image, jpeg: bytes, at: tuple[int, int], side: int) -> None:
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        sheet.paste(ImageOps.pad(picture.convert("RGB"), (side, side), color=SUNK), at)


def _font(size_px: int) -> FreeTypeFont | ImageFont:
    from PIL.ImageFont import load_default

    return load_default(size_px)
