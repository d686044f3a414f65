import io

import numpy as np
import pytest
from PIL import Image

from synthgen.modalities.text import Text
from synthgen.models import text_features
from synthgen.models.text_picture import shown
from synthgen.seeds import numpy_rng

TEXT = "We didn't like the second movie at all, but 3 of us stayed until 10.30!"


def apart(one: str, other: str) -> float:
    marks = Text().signature([one, other])
    return float(np.abs(marks[0] - marks[1]).max())


def distance(one: str, other: str) -> float:
    prints = Text().fingerprint([one, other])
    return float(1 - prints[0] @ prints[1])


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("", "empty"), (" \n\t", "empty"), ("a\0b", "NUL, at 1"), ("ab\ud800", "surrogate.*at 2"), (b"a", "bytes"),
        (None, "NoneType"),
    ],
)  # fmt: skip
def test_what_is_no_usable_text_is_refused_with_a_reason(payload, why):
    with pytest.raises(ValueError, match=why):
        Text().check(payload)


@pytest.mark.parametrize(
    "text", ["NA", "007", "1e5", " no\r\n", "\ufeffx", "e\u0301", "🦊", "\u202eabc", "a\x85"]
)
def test_texts_are_kept_exactly_as_written(text):
    Text().check(text)
    assert Text().decode(Text().encode(text, {"marker": "x"})) == text


@pytest.mark.parametrize(
    "copy",
    [TEXT.upper(), f"  {TEXT}\n", TEXT.replace(",", " --"), TEXT.rstrip("!"), TEXT.replace("'", "’"),
     TEXT.replace("like", "ｌｉｋｅ"), TEXT + "\u200b", TEXT.replace(" ", "\u00a0")],
)  # fmt: skip
def test_case_blanks_punctuation_and_unicode_form_make_no_new_text(copy):
    assert apart(TEXT, copy) <= Text.copy_tolerance


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("didn't like", "like"),
        TEXT.replace("3", "8"),
        TEXT.replace("10.30", "1030"),
        TEXT + " 🙂",
    ],
)
def test_another_word_number_or_emoji_makes_a_new_text(other):
    assert apart(TEXT, other) > Text.copy_tolerance


def test_texts_of_emoji_or_marks_alone_are_told_apart():
    assert apart("🙂", "🙁") > Text.copy_tolerance
    assert apart("...", "???") > Text.copy_tolerance


def test_a_disguised_copy_is_nearer_than_any_other_text():
    rng = numpy_rng("disguise")
    specimens = [Text().specimen(rng) for _ in range(30)]
    for i, one in enumerate(specimens[:10]):
        for kind, copy in Text().disguises(one, rng).items():
            near = distance(one, copy)
            assert near <= Text.leak_tolerance, kind
            assert near < min(distance(other, copy) for j, other in enumerate(specimens) if j != i)


def test_a_part_of_a_text_is_found_among_its_parts():
    long = " ".join(Text().specimen(numpy_rng("long", i)) for i in range(3))
    words = long.split()
    piece = " ".join(words[: len(words) // 2])
    assert (Text().parts(long) @ Text().fingerprint([piece])[0]).max() > 1 - Text.leak_tolerance / 4


@pytest.mark.parametrize("text", ["...", "?!", "\u200b\u200d.", " - "])
def test_marks_alone_are_blank_and_so_is_what_was_emptied(text):
    assert "nothing to read" in (Text().blank(text) or "")
    assert Text().blank(Text().emptied(TEXT))
    assert Text().extent(Text().emptied(TEXT)) == Text().extent(TEXT)


def test_likeness_follows_the_words():
    likeness = Text().embed([TEXT, TEXT.replace("movie", "film"), "The stock market fell by four percent."])
    assert likeness[0] @ likeness[1] > 0.7 > 0.3 > likeness[0] @ likeness[2]


def test_plain_keeps_the_marks_that_other_scripts_write_vowels_with():
    assert text_features.plain("कि") != text_features.plain("क")


def test_the_preview_shows_ink_for_every_script():
    for text in (TEXT, "Привет, мир", "他们没有来", "שלום", "🦊", "ab\u202ecd"):
        with Image.open(io.BytesIO(Text().preview(text, 96))) as picture:
            assert picture.size == (96, 96)
            assert np.asarray(picture.convert("L")).min() < 130, text


def test_what_no_glyph_shows_is_named():
    assert shown("a🦊\u202e漢é") == "a<fox face>□é"
