"""Parquet files with a dataset card, as the Hugging Face hub and `datasets.load_dataset` read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.dataset_card import dataset_card
from synthgen.export import LEFT_OUT, Export, Exported, labels_of, modality_of, samples
from synthgen.rows import schema
from synthgen.version import DatasetVersion

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP, _FILE_BYTES = 100, 256 * 2**20


class HfParquet(Export):
    """One split `train`: the payload inside the file, the class, `synthetic`, and all lineage columns.

    Pictures are an `Image` column that holds bytes and no path outside: `datasets` would open any path or address.
    Texts are a column of strings.
    """

    def _write(self, version: DatasetVersion, folder: Path, with_sources: bool) -> int:
        columns = _columns(version, labels_of(version, with_sources))
        (folder / "data").mkdir()
        files, count, synthetic = 0, 0, 0
        source = samples(version, with_sources)
        while group := list(islice(source, _GROUP)):
            made, made_synthetic = _write_file(folder / "data" / f"{files}.parquet", columns, group, source)
            files, count, synthetic = files + 1, count + made, synthetic + made_synthetic
        for i in range(files):
            name = f"train-{i:05}-of-{files:05}.parquet"
            (folder / "data" / f"{i}.parquet").rename(folder / "data" / name)
        (folder / "README.md").write_text(dataset_card(version, count, synthetic), encoding="utf-8")
        return count


PLUGIN = HfParquet


def _columns(version: DatasetVersion, labels: Sequence[str]) -> pa.Schema:
    """The schema with what `datasets` needs to know of pictures and classes in its metadata."""
    import pyarrow as pa
    from datasets import ClassLabel, Features, Image, Value

    column = modality_of(version).column
    lineage = pa.schema([field for field in schema() if field.name not in {*LEFT_OUT, "id", "label"}])
    payload = {column: {"image": Image(), "text": Value("string")}.get(column, Value("binary"))}
    label = ClassLabel(names=list(labels)) if labels else Value("string")
    first = payload | {"label": label, "id": Value("string"), "synthetic": Value("bool")}
    columns: pa.Schema = Features({**first, **Features.from_arrow_schema(lineage)}).arrow_schema
    return columns


def _write_file(
    path: Path, columns: pa.Schema, group: list[Exported], more: Iterator[Exported]
) -> tuple[int, int]:
    """One file of about 256 MB, a group of rows at a time; how many samples it holds, and how many are synthetic."""
    import pyarrow.parquet as pq

    count = synthetic = size = 0
    with pq.ParquetWriter(path, columns, compression="zstd", write_page_index=True) as writer:
        while group:
            writer.write_table(_table(group, columns))
            count += len(group)
            synthetic += sum(sample.synthetic for sample in group)
            size += sum(len(sample.data) for sample in group)
            group = list(islice(more, _GROUP)) if size < _FILE_BYTES else []
    return count, synthetic


def _table(group: Sequence[Exported], columns: pa.Schema) -> pa.Table:
    import pyarrow as pa

    features: dict[str, Any] = _features(columns)
    names = features["label"].get("names")
    number = {name: i for i, name in enumerate(names)} if names else None
    rows = []
    for sample in group:
        label = sample.label if number is None or sample.label is None else number[sample.label]
        row = sample.lineage | {"id": sample.id, "label": label, "synthetic": sample.synthetic}
        column = next(iter(features))
        row[column] = _cell(column, sample)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=columns)


def _cell(column: str, sample: Exported) -> Any:
    if column == "image":
        return {"bytes": sample.data, "path": f"{sample.id}{sample.suffix}"}
    return sample.data.decode() if column == "text" else sample.data


def _features(columns: pa.Schema) -> dict[str, Any]:
    import json

    features: dict[str, Any] = json.loads(columns.metadata[b"huggingface"])["info"]["features"]
    return features
