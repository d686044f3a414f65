"""Texts as JSON lines: one object a text, as most training programs read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synthgen.export import Export, Exported, samples
from synthgen.version import DatasetVersion

_SAID = ("generator", "parents", "source_ids", "licence", "source_licences")


class Jsonl(Export):
    """A file train.jsonl: text, label, id, `synthetic`, what it was made from and by; entities where there are any.

    The table reader reads it again.
    """

    modality = "text"

    def _write(self, version: DatasetVersion, folder: Path, with_sources: bool) -> int:
        count = 0
        with (folder / "train.jsonl").open("w", encoding="utf-8", newline="\n") as lines:
            for sample in samples(version, with_sources):
                lines.write(json.dumps(_line(sample), ensure_ascii=False) + "\n")
                count += 1
        return count


def _line(sample: Exported) -> dict[str, Any]:
    line = {
        "text": sample.data.decode(),
        "label": sample.label,
        "id": sample.id,
        "synthetic": sample.synthetic,
    }
    if weights := sample.lineage.get("label_weights"):
        line["label_weights"] = json.loads(weights)
    annotations = json.loads(sample.lineage.get("annotations") or "{}")
    said = {key: sample.lineage[key] for key in _SAID if sample.lineage.get(key)}
    return line | {key: value for key, value in annotations.items() if key not in line} | said


PLUGIN = Jsonl
