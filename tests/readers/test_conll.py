import pytest

from synthgen.errors import SourceError
from synthgen.reader import Found, Quarantined
from synthgen.readers.conll import Conll, entities

GOOD = """-DOCSTART- O

Anna\tB-person
Lee\tI-person
lives\tO
in\tO
Paris\tB-location
.\tO

nothing\tO
here\tO

Rome\tB-location
"""


def write(path, text: str | bytes):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def found(path) -> list[tuple[str, str | None, list]]:
    reader = Conll()
    items = [one for one in reader.items(path, "train") if isinstance(one, Found)]
    return [(reader.decode(reader.raw(path, i.place)), i.label, i.annotations["entities"]) for i in items]


def test_tokens_are_joined_by_blanks_and_spans_point_at_their_words(tmp_path):
    (text, label, spans), nothing, last = found(write(tmp_path / "train.conll", GOOD))
    assert text == "Anna Lee lives in Paris ."
    assert [(text[start:end], kind) for start, end, kind in spans] == [
        ("Anna Lee", "person"),
        ("Paris", "location"),
    ]
    assert label == "person"
    assert nothing == ("nothing here", "none", [])
    assert last == ("Rome", "location", [[0, 4, "location"]])


def test_tokens_come_back_by_splitting_on_blanks(tmp_path):
    text = found(write(tmp_path / "a.conll", "a\u00a0b\tO\nd\u2028\tO\nc\tB-x\n"))[0][0]
    assert text.split(" ") == ["a\u00a0b", "d\u2028", "c"]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["B-x", "I-x"], [[0, 3, "x"]]), (["B-x", "B-x"], [[0, 1, "x"], [2, 3, "x"]]),
        (["I-x", "I-x"], [[0, 3, "x"]]), (["B-x", "I-y"], [[0, 1, "x"], [2, 3, "y"]]), (["O", "I-y"], [[2, 3, "y"]]),
    ],
)  # fmt: skip
def test_every_way_of_tagging_gives_spans(tags, spans):
    assert entities(list(zip("ab", tags, strict=True))) == spans


def test_more_columns_and_blanks_between_them_are_read_too(tmp_path):
    assert found(write(tmp_path / "a.conll", "Anna NNP B-NP B-PER\nruns VBZ B-VP O\n"))[0] == (
        "Anna runs", "PER", [[0, 4, "PER"]],
    )  # fmt: skip


def test_what_cannot_be_used_is_quarantined_with_its_line(tmp_path):
    bad = b"a\tO\n\ncaf\xe9\tO\n\nb\tX-y\n\nalone\n\nb c\tO\n\nd\tB-\n\n" + b"w" * 200_000 + b"\tO\n\nlast\tO"
    path = write(tmp_path / "a.conll", bad)
    assert [text for text, _, _ in found(path)] == ["a", "last"]
    reasons = [one.reason for one in Conll().items(path, "train") if isinstance(one, Quarantined)]
    words = [
        "line 3 is not valid UTF-8",
        "'X-y'",
        "line 7 has no token and tag",
        "blank inside",
        "'B-'",
        "max_bytes",
    ]
    for reason, said in zip(reasons, words, strict=True):
        assert said in reason


def test_another_tag_makes_another_item(tmp_path):
    path = write(tmp_path / "a.conll", "Rome\tB-x\n")
    before = Conll().raw(path, "a.conll#000001")
    write(path, "Rome\tB-yy\n")
    assert Conll().raw(path, "a.conll#000001") != before


def test_a_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(SourceError, match="holds no tokens with BIO tags"):
        found(write(tmp_path / "a.conll", "text,label\nhello there,x\n"))
    with pytest.raises(SourceError, match="folder without one such file"):
        found(tmp_path.joinpath("empty").mkdir() or tmp_path / "empty")


def test_a_folder_holds_its_splits_in_files_of_their_names(tmp_path):
    write(tmp_path / "train.conll", "a\tO\n")
    write(tmp_path / "test.conll", "b\tO\n")
    assert [f.place for f in Conll().items(tmp_path, "holdout")] == ["test.conll#000001"]
