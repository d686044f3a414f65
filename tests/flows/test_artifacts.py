from __future__ import annotations

import re
from dataclasses import replace

from flows import artifacts
from synthgen.report import Ancestor, Exhibit, Report, Score, Table

EVIL = "<script>alert(1)</script>|`a`\n![p](http://x/y.png)"
JPEG = b"\xff\xd8\xff" + bytes(1500)


def exhibit(i: int, decision: str, label: str = "6", picture: bytes | None = JPEG) -> Exhibit:
    reasons = (f"too like {EVIL} ({i})",) if decision == "rejected" else ()
    parent = Ancestor(f"p{i}", label, f"{EVIL}/{i}.png", picture)
    scores = (Score("near_copy", 0.5, 0.25, decision == "kept"),)
    return Exhibit(f"{i:032x}", label, decision, "image/affine", reasons, scores, (parent,), picture)


def report(*gallery: Exhibit, name: str = "my_data") -> Report:
    rows = ({"class": EVIL, "real": 3, "kept": 2},)
    classes = Table("classes", "Classes", rows, "a note")
    return Report(
        name,
        "v1",
        "abc",
        "image",
        True,
        {"description": EVIL},
        {"jobs": 1},
        (EVIL,),
        {"classes": classes},
        gallery,
    )


def bare(markdown: str) -> str:
    """Markdown without what is escaped and without the pictures that are meant."""
    return re.sub(
        r"\\[!-/:-@\[-`{-~]",
        "",
        re.sub(r"!\[(parent|sample)\]\(data:image/jpeg;base64,[A-Za-z0-9+/=]+\)", "", markdown),
    )


def test_user_text_is_escaped_in_every_markdown():
    made = report(exhibit(1, "kept"), exhibit(2, "rejected"))
    for text in (artifacts.summary_markdown(made), artifacts.class_markdown(made, "6")):
        assert "script" in text
        assert not re.search(r"<|\]\(|http:", bare(text))


def test_texts_are_shown_as_texts_and_escaped():
    parent = Ancestor("p1", "6", "a.csv#1", JPEG, "a good `film`")
    one = Exhibit("1" * 32, "6", "kept", "text/reword", (), (), (parent,), JPEG, text=f"a fine `film` {EVIL}")
    text = artifacts.class_markdown(report(one), "6")
    assert "**fine**" in text
    assert "data:image" not in text
    assert not re.search(r"<|\]\(|http:", bare(text))
    made_from, sample = (i for i, line in enumerate(text.splitlines()) if "film" in line)
    assert text.splitlines()[made_from].startswith("> ")  # paragraphs, which wrap as cells of a table do not
    assert sample == made_from + 2
    assert artifacts.sample_rows(report(one))[0]["text"].startswith("a fine")


def test_a_table_line_has_as_many_cells_as_its_head():
    text = artifacts.class_markdown(report(exhibit(1, "kept"), exhibit(2, "rejected", picture=None)), "6")
    lines = [bare(line) for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {8}
    assert "no picture" in text


def test_a_parent_of_another_class_is_named():
    nine = exhibit(1, "kept", "9").parents
    text = artifacts.class_markdown(report(replace(exhibit(1, "kept"), parents=nine)), "6")
    assert "of class 9" in text


def test_at_most_200_rows_show_kept_and_rejected():
    gallery = [exhibit(i, "kept" if i % 10 else "rejected") for i in range(1000)]
    text = artifacts.class_markdown(report(*gallery), "6")
    assert len(text.encode()) < 700_000
    rows = [line for line in text.splitlines() if "data:image" in line]
    assert len(rows) <= 200
    assert sum("**rejected**" in row for row in rows) >= 50
    assert sum("**kept**" in row for row in rows) >= 50


def test_heavy_pictures_make_fewer_rows():
    gallery = [exhibit(i, "kept" if i % 2 else "rejected", picture=bytes(20_000)) for i in range(100)]
    text = artifacts.class_markdown(report(*gallery), "6")
    assert 300_000 < len(text.encode()) < 700_000
    assert "**rejected**" in text
    assert "**kept**" in text


def test_table_artifacts_hold_no_markup():
    made = report(exhibit(1, "rejected"))
    for row in artifacts.count_rows(made) + artifacts.sample_rows(made):
        assert not any("<" in re.sub(r"\\.", "", str(value)) for value in row.values())
