import base64
import io
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from synthgen.contact_sheet import contact_sheet
from synthgen.report import Ancestor, Exhibit, Report, Score, Table, shown
from synthgen.report_page import page

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'$&"


def jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 32), colour).save(out, "JPEG")
    return out.getvalue()


def exhibit(i: int, label: str, decision: str, **more) -> Exhibit:
    said = {
        "id": f"{i:032x}",
        "label": label,
        "decision": decision,
        "generator": "image/affine",
        "reasons": (f"near_copy: like {EVIL}",) if decision == "rejected" else (),
        "scores": (Score("near_copy", 0.25, 0.5, decision != "rejected"),),
        "parents": (Ancestor("p" * 32, EVIL, f"{EVIL}/1.png", jpeg("blue")),),
        "picture": jpeg("red"),
    }
    return Exhibit(**(said | more))


def report(**more) -> Report:
    classes = [
        {
            "class": c,
            "real": 12,
            "kept": 3,
            "together": 15,
            "target": 20,
            "short": 5,
            "surplus": 1,
            "rejected": 2,
            "failed": 0,
        }
        for c in ("6", EVIL)
    ]
    tables = [
        Table("classes", "Classes", tuple(classes)),
        Table(
            "rejections",
            "Rejected by",
            ({"filter": "near_copy", "rejected": 2, "for example": EVIL},),
            "A note.",
        ),
        Table("quarantine", "Quarantined", ({"split": "train", "item": EVIL, "reason": EVIL},)),
    ]
    gallery = [
        exhibit(1, "6", "kept"),
        exhibit(2, "6", "rejected"),
        exhibit(3, "6", "surplus", parents=()),
        exhibit(4, EVIL, "kept", weights={"6": 0.7, EVIL: 0.3}, picture=None),
    ]
    said = {
        "name": "tried", "tag": "v1", "digest": "d" * 64, "modality": "image", "balanced": True,
        "facts": {"description": EVIL, "source": "digits", "made": "2026-01-01T00:00:00", "seed": 0, "added to": None},
        "counts": {"jobs": 7, "kept": 3, "surplus": 1, "rejected": 2, "failed": 1}, "notices": (EVIL,),
        "tables": {t.key: t for t in tables}, "gallery": tuple(gallery),
    }  # fmt: skip
    return Report(**(said | more))


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_text_of_the_user_is_never_markup():
    found = Elements(page(report())).found
    assert [tag for tag, _ in found].count("script") == 1
    assert not [attrs for _, attrs in found if any(name.startswith("on") for name in attrs)]
    assert EVIL not in page(report())
    labels = [attrs["data-label"] for tag, attrs in found if tag == "details" and "data-label" in attrs]
    assert labels == sorted(["6", EVIL])


def test_the_page_loads_nothing_from_anywhere():
    text = page(report())
    for tag, attrs in Elements(text).found:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        assert "style" not in attrs
        if source := attrs.get("src"):
            assert source.startswith("data:image/jpeg;base64,")
        if href := attrs.get("href"):
            assert href.startswith("#")
    policy = next(
        a["content"] for t, a in Elements(text).found if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    assert "url(" not in re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]


def test_every_picture_of_the_gallery_is_there_or_said_to_be_missing():
    found = Elements(page(report())).found
    assert sum(tag == "img" for tag, _ in found) == 6
    assert page(report()).count("not kept") == 1


def written(i: int, before: str | None, after: str | None) -> Exhibit:
    parents = () if before is None else (Ancestor("p" * 32, "6", "a.csv#1", jpeg("blue"), before),)
    return exhibit(i, "6", "kept", text=after, parents=parents, picture=jpeg("red") if after else None)


def test_texts_are_shown_as_texts_beside_their_parents_with_what_changed():
    text = page(report(gallery=(written(1, "a good film", "a fine film"),)))
    assert "a <del>good</del> film" in text
    assert "a <ins>fine</ins> film" in text
    assert "<img" not in text


def test_a_text_that_is_markup_stays_a_text():
    text = page(
        report(gallery=(written(1, EVIL, f"{EVIL} <i>"), written(2, None, EVIL), written(3, EVIL, None)))
    )
    assert "<script>alert" not in text
    assert "&lt;i&gt;" in text.replace("<ins>", "").replace("</ins>", "")
    assert not [tag for tag, _ in Elements(text).found if tag == "img"]
    assert text.count("not kept") == 1


def test_a_version_out_of_balance_or_without_samples_still_has_a_page():
    text = page(report(balanced=False, gallery=()))
    assert "counts do not balance" in text
    assert "No samples were made." in text


def test_cells_are_shown_as_people_read_them():
    assert [shown(c) for c in (None, 12345, 0.123456, "x", 0)] == ["", "12,345", "0.1235", "x", "0"]


def test_a_contact_sheet_is_a_picture_of_kept_and_rejected():
    with Image.open(io.BytesIO(contact_sheet(report()))) as sheet:
        assert sheet.format == "PNG"
        reds = sum(
            n for n, (r, g, b) in sheet.convert("RGB").getcolors(10**6) if r > 240 and g < 20 and b < 20
        )
        assert reds == 2 * 72 * 48
    with Image.open(io.BytesIO(contact_sheet(report(gallery=())))) as empty:
        assert empty.height < 120


@pytest.mark.browser
def test_a_browser_shows_the_pictures_and_filters_them(chromium, tmp_path):
    from playwright.sync_api import sync_playwright

    (tmp_path / "audit.html").write_text(page(report()), encoding="utf-8")
    said: list[str] = []
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        tab.on("console", lambda message: said.append(message.text))
        tab.on("dialog", lambda dialog: said.append("a dialog opened"))
        tab.goto((tmp_path / "audit.html").as_uri())
        assert tab.evaluate("[...document.images].every(i => i.naturalWidth > 0)")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert tab.locator(".card:visible").count() == 4
        tab.locator("[type=checkbox][value=rejected]").uncheck()
        assert tab.locator(".card:visible").count() == 3
        tab.locator("[type=search]").fill("0000004")
        assert tab.locator(".card:visible").count() == 1
        assert tab.locator(".controls output").inner_text() == "1 of 4 shown"
        browser.close()
    assert said == []


def test_what_moves_takes_the_place_of_the_picture_and_what_sounds_comes_below_it():
    moving = ("image/webp", b"a film that loops")
    sound = ("audio/flac", b"a word that is said")
    gallery = (
        exhibit(
            1,
            "6",
            "kept",
            played=moving,
            parents=(Ancestor("p", "6", "6/1.mp4", jpeg("blue"), None, moving),),
        ),
        exhibit(2, "6", "kept", played=sound),
    )
    said = page(report(gallery=gallery))
    film, word, picture = (base64.b64encode(data).decode() for data in (moving[1], sound[1], jpeg("red")))
    assert said.count(f'<img alt="6" src="data:image/webp;base64,{film}">') == 2
    assert f'<audio controls preload="none" src="data:audio/flac;base64,{word}"></audio>' in said
    assert said.count(f"data:image/jpeg;base64,{picture}") == 1
    assert "media-src data:" in said
