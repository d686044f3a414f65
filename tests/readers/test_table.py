import json
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthgen.errors import RecipeError, SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined
from synthgen.readers.table import Table
from synthgen.recipe import parse_recipe
from synthgen.stages.read import read

AS_WRITTEN = [("NA", "no"), ("007", "1e5"), ("null", "NA"), ("1.50", "true"), (" blanks  stay ", " spam ")]


def csv_of(path: Path, *lines: str | bytes, header: str = "text,label") -> Path:
    raw = [line if isinstance(line, bytes) else line.encode() for line in (header, *lines)]
    path.write_bytes(b"\n".join(raw) + b"\n")
    return path


def found(reader: Table, path: Path, split="train") -> list[tuple[str, str | None]]:
    items = [one for one in reader.items(path, split) if isinstance(one, Found)]
    return [(reader.decode(reader.raw(path, one.place)), one.label) for one in items]


def refused(reader: Table, path: Path) -> list[Quarantined]:
    return [one for one in reader.items(path, "train") if isinstance(one, Quarantined)]


def write(kind: str, path: Path) -> Path:
    if kind in ("csv", "tsv"):
        between = "," if kind == "csv" else "\t"
        return csv_of(
            path, *(between.join(row) for row in AS_WRITTEN), header=between.join(("text", "label"))
        )
    if kind == "jsonl":
        path.write_text(
            "".join(json.dumps({"text": t, "label": c, "more": [1]}) + "\n" for t, c in AS_WRITTEN)
        )
        return path
    texts, labels = zip(*AS_WRITTEN, strict=True)
    pq.write_table(
        pa.table({"more": [1] * 5, "text": texts, "label": pa.array(labels).dictionary_encode()}), path
    )
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_texts_and_classes_stay_exactly_as_written(kind, tmp_path):
    assert found(Table(), write(kind, tmp_path / f"train.{kind}")) == AS_WRITTEN


def test_numbers_in_json_stay_as_written(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": 1e5, "label": 1.50}\n{"text": "x", "label": false}\n')
    assert found(Table(), path) == [("1e5", "1.50"), ("x", "false")]


def test_numbers_in_parquet_are_text(tmp_path):
    pq.write_table(pa.table({"text": ["a", "b"], "label": [1, 0]}), tmp_path / "a.parquet")
    assert found(Table(), tmp_path / "a.parquet") == [("a", "1"), ("b", "0")]


def test_quoted_cells_may_hold_commas_lines_and_quotes(tmp_path):
    path = csv_of(tmp_path / "a.csv", '"one, ""two""\n  three",x', 'plain 5" plate,y')
    assert found(Table(), path) == [('one, "two"\n  three', "x"), ('plain 5" plate', "y")]


def test_a_byte_order_mark_and_windows_lines_are_no_text(tmp_path):
    (tmp_path / "a.csv").write_bytes("\ufefftext,label\r\nünï,x\r\n".encode())
    assert found(Table(), tmp_path / "a.csv") == [("ünï", "x")]


def test_quotes_in_tsv_are_plain_characters(tmp_path):
    path = csv_of(tmp_path / "a.tsv", '"so he said\tx', header="text\tlabel")
    assert found(Table(), path) == [('"so he said', "x")]


def test_what_cannot_be_used_is_quarantined_with_its_row_and_line(tmp_path):
    path = csv_of(
        tmp_path / "a.csv", "good,x", b"caf\xe9,x", "a,b,c", "alone", ",x", "text,", "   ,x", "nul\0here,x", "",
        "w" * 2000 + ",x", '"a" b,x', "fine,y",
    )  # fmt: skip
    reader = Table(max_bytes=1000)
    reasons = {q.place: q.reason for q in refused(reader, path)}
    assert list(reasons) == [f"a.csv#{n:06}" for n in (2, 3, 4, 6, 9, 10)]
    for number, words in (
        (2, "not valid UTF-8 (line 3 of the file)"), (3, "3 cells, where the header has 2"), (4, "1 cells"),
        (6, "no class"), (9, "2,000 bytes, more than max_bytes = 1,000 (line 11"), (10, "cannot be taken apart"),
    ):  # fmt: skip
        assert words in reasons[f"a.csv#{number:06}"]
    for number, words in ((5, "empty"), (7, "empty"), (8, "NUL")):
        with pytest.raises(UnreadableItem, match=words):
            reader.decode(reader.raw(path, f"a.csv#{number:06}"))


def test_broken_json_lines_are_quarantined(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = ['{"text": "a", "label": "x"}', "{", "[1]", '{"text": "b"}', '{"text": ["c"], "label": "x"}',
             '{"text": "\\ud800", "label": "x"}', '{"text": null, "label": "x"}']  # fmt: skip
    path.write_text("\n".join(lines))
    assert found(Table(), path) == [("a", "x")]
    words = ["no JSON", "a list", "'label' is missing", "'text' is a list", "not valid UTF-8", "null"]
    for one, said in zip(refused(Table(), path), words, strict=True):
        assert said in one.reason


def test_rows_of_parquet_that_are_null_or_no_utf8_are_quarantined(tmp_path):
    texts = pa.array([b"good", b"caf\xe9", None]).cast(pa.binary())
    bad = pa.StringArray.from_buffers(3, *texts.buffers()[1:], texts.buffers()[0])
    pq.write_table(pa.table({"text": bad, "label": ["x", "x", "x"]}), tmp_path / "a.parquet")
    assert found(Table(), tmp_path / "a.parquet") == [("good", "x")]
    assert ["UTF-8" in q.reason or "null" in q.reason for q in refused(Table(), tmp_path / "a.parquet")] == [
        True
    ] * 2


def test_pictures_and_paths_in_parquet_are_no_text(tmp_path):
    pq.write_table(pa.table({"text": [{"path": "/etc/passwd"}], "label": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="'text' holds struct"):
        found(Table(), tmp_path / "a.parquet")


def test_an_id_that_was_there_before_is_quarantined_and_ids_let_rows_move(tmp_path):
    reader = Table(id="nr")
    path = csv_of(tmp_path / "a.csv", "7,one,x", "8,two,x", "7,three,x", header="nr,text,label")
    (twin,) = refused(reader, path)
    assert twin.place == "a.csv#000003"
    assert "id '7' is that of row 1" in twin.reason
    before = {one.place for one in reader.items(path, "train") if isinstance(one, Found)}
    csv_of(path, "8,two,x", "7,one,x", header="nr,text,label")
    assert {one.place for one in reader.items(path, "train")} == before == {"a.csv#id=7", "a.csv#id=8"}
    assert reader.raw(path, "a.csv#id=7") == b"one"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_missing_column_is_refused_with_those_that_are_there(kind, tmp_path):
    with pytest.raises(SourceError, match="no column 'review'. Its columns: .*'text', 'label'"):
        found(Table(text="review"), write(kind, tmp_path / f"a.{kind}"))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"PAR1xxxx", "its content is Parquet"), ("a.parquet", b"text,label\n", "something else"),
        ("a.csv", b"PK\x03\x04....", "a spreadsheet"), ("a.csv", "text,label\n".encode("utf-16"), "UTF-16"),
        ("a.jsonl", b'[{"text": "a"}]', "JSON array"), ("a.png", b"\x89PNG", "no table by its name"),
        ("a.parquet", b"PAR1" + b"x" * 50, "damaged"), ("a.csv", b'text,label\n"open,x\nb,y\n', "never closed"),
        ("a.csv", b"text,text,label\n", "more than one column"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(name, data, words, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=words):
        found(Table(), tmp_path / name)


def of(path, **source):
    data = {
        "name": "x", "source": {"reader": "table", "path": str(path)} | source, "targets": {"balance_to": 9},
        "generate": [{"use": "text/reword"}], "filter": [],
    }  # fmt: skip
    return parse_recipe(data)


def test_a_folder_holds_its_splits_in_files_of_their_names(tmp_path):
    for split in ("train", "test", "pool"):
        csv_of(tmp_path / f"{split}.csv", f"of {split},x")
    index = read(of(tmp_path, holdout=str(tmp_path), pool=str(tmp_path / "pool.csv")))
    assert {s: index.payload(items[0]) for s, items in index.items.items()} == {
        "train": "of train", "holdout": "of test", "pool": "of pool",
    }  # fmt: skip


def test_a_folder_of_several_tables_asks_which_one(tmp_path):
    csv_of(tmp_path / "a.csv")
    csv_of(tmp_path / "b.csv")
    with pytest.raises(SourceError, match=r"a\.csv, b\.csv\). Name the file"):
        found(Table(), tmp_path)


def test_a_column_tells_the_splits_apart(tmp_path):
    rows = ["a,x,train", "b,x,test", "c,y,train", "d,y,other", "bad,x", "e,x,pool"]
    path = csv_of(tmp_path / "all.csv", *rows, header="text,label,part")
    recipe = of(path, split="part", max_unreadable=0.5)
    assert recipe.has_holdout
    index = read(recipe)
    assert {s: [index.payload(i) for i in items] for s, items in index.items.items()} == {
        "train": ["a", "c"], "holdout": ["b"], "pool": ["e"],
    }  # fmt: skip
    assert [(q.place, q.split) for q in index.quarantined] == [("all.csv#000005", "train")]
    with pytest.raises(RecipeError, match="table finds its splits in path: remove it"):
        of(path, split="part", holdout=str(path))


def test_a_text_that_the_holdout_has_too_is_no_train_text(tmp_path):
    train = csv_of(tmp_path / "train.csv", "same,x", "own,x")
    holdout = csv_of(tmp_path / "test.csv", "other,x", "same,y")
    index = read(of(train, holdout=str(holdout), max_unreadable=0.5))
    assert [index.payload(i) for i in index.items["train"]] == ["own"]
    assert "the holdout has the same item" in index.quarantined[0].reason


def test_a_file_that_changed_is_read_again(tmp_path):
    path = csv_of(tmp_path / "a.csv", "before,x")
    assert found(Table(), path) == [("before", "x")]
    csv_of(path, "afterwards,x")
    assert found(Table(), path) == [("afterwards", "x")]


def test_a_hundred_thousand_rows_are_read_in_seconds(tmp_path):
    path = csv_of(tmp_path / "train.csv", *(f"this is the text of row {i},{i % 7}" for i in range(100_000)))
    start = time.process_time()
    index = read(of(path))
    assert len(index.items["train"]) == 100_000
    assert time.process_time() - start < 10
