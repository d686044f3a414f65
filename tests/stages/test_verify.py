import json
from pathlib import Path

import pytest
from made_up import SOURCE_ID, SOURCE_SHA, made_up, published

from synthgen.dataset import Dataset
from synthgen.mending import manifest_path
from synthgen.seeds import folder_sha256
from synthgen.stages.publish import publish
from synthgen.stages.verify import verify


@pytest.fixture
def version(tmp_path):
    return published(tmp_path / "digits")


def problems(version):
    return [(p.part, p.id) for p in verify(Dataset(version.dataset.place).open(version.tag)).problems]


def test_an_untouched_version_has_no_problems_and_all_of_it_was_looked_at(version):
    seen = []
    found = verify(version, lambda done, total, said: seen.append((done, total)))
    assert found.ok, found.problems
    assert found.name == "digits@v1"
    assert found.checked == {"versions": 1, "rows": 40, "payloads": 30, "sources": 1}
    assert seen[-1] == (40, 40)


def test_a_version_that_was_added_to_has_no_problems(version):
    run = made_up(version.dataset.place, name="request", n=8, base=version)
    assert verify(publish(version.dataset, *run, version)).ok


def flip(file: Path, of: bytes) -> None:
    data = bytearray(file.read_bytes())
    at = data.index(of) + len(of) // 2
    data[at] ^= 1
    file.write_bytes(bytes(data))


def test_a_flipped_bit_in_a_payload_is_found(version):
    row = next(version.rows(where="decision = 'kept'"))
    flip(next((version.dataset.uri / "data").glob("*.lance")), row["payload"])
    assert problems(version) == [("payload", row["id"])]


def test_a_flipped_bit_in_a_label_or_reason_is_found(version):
    flip(next((version.dataset.uri / "data").glob("*.lance")), b"looks like a 9")
    assert ("digest", "v1") in problems(version)


@pytest.mark.parametrize("left", [0, 0.5])
def test_a_data_file_that_was_cut_off_is_found(version, left):
    data = next((version.dataset.uri / "data").glob("*.lance"))
    data.write_bytes(data.read_bytes()[: int(data.stat().st_size * left)])
    assert problems(version) == [("rows", "from 0 of 40")]


def test_a_lost_or_damaged_source_is_found(version):
    path = version.dataset.source_path(SOURCE_SHA)
    path.write_bytes(b"other")
    assert problems(version) == [("source", SOURCE_ID)]
    path.unlink()
    assert problems(version) == [("source", SOURCE_ID)]


def test_a_changed_or_lost_record_is_found(version):
    path = version.info.record_path
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"counts": record["counts"] | {"kept": 11, "surplus": 9}}))
    assert problems(version) == [("record", path.stem), ("record", "v1")]
    path.unlink()
    assert ("version", "v1") in problems(version)


def test_a_parent_of_unknown_origin_is_found(tmp_path):
    run = made_up(tmp_path / "digits")
    version = publish(Dataset(tmp_path / "digits"), run.record | {"sources": {}}, *run[1:])
    assert problems(version) == [("source", SOURCE_ID)]


def test_a_changed_or_lost_model_is_found(tmp_path):
    place = tmp_path / "digits"
    weights = place / "models" / "new"
    weights.mkdir(parents=True)
    (weights / "model.safetensors").write_bytes(b"weights")
    weights = weights.rename(weights.with_name(folder_sha256(weights)))
    run = made_up(place)
    models = {"m": {"name": "image/gan", "weights_sha256": weights.name, "given": ""}}
    version = publish(Dataset(place), run.record | {"models": models}, *run[1:])
    assert verify(version).ok
    assert verify(version).checked["models"] == 1
    (weights / "model.safetensors").write_bytes(b"other")
    assert problems(version) == [("model", "m")]
    (weights / "model.safetensors").unlink()
    weights.rmdir()
    assert problems(version) == [("model", "m")]


def test_an_older_version_without_its_record_is_found(version):
    newer = published(version.dataset.place, name="newer", n=8)
    version.info.record_path.unlink()
    assert problems(newer) == [("version", "v1")]


def test_an_older_version_that_does_not_open_is_found(version):
    newer = published(version.dataset.place, name="newer", n=8)
    manifest_path(version.dataset.uri, version.number).unlink()
    assert ("version", "v1") in problems(newer)
