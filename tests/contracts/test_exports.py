"""What every export promises."""

import pytest
from made_up import made_up

from synthgen import registry
from synthgen.dataset import Dataset, DatasetVersion
from synthgen.errors import DatasetError, PublishError
from synthgen.stages.publish import publish

LABELS = ("6", "../x", "<script>", "🦊", "x" * 300)

every_export = pytest.mark.parametrize("name", registry.names("exports"))


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """A version of each modality, made when it is asked for."""
    held: dict[str, DatasetVersion] = {}

    def get(modality: str) -> DatasetVersion:
        if modality not in held:
            place = tmp_path_factory.mktemp("exported") / "data"
            held[modality] = publish(Dataset(place), *made_up(place, labels=LABELS, modality=modality))
        return held[modality]

    return get


@pytest.fixture
def version(export, versions) -> DatasetVersion:
    return versions(export.modality or "image")


@pytest.fixture
def export(name):
    return registry.find("exports", name)()


def files(folder) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@every_export
def test_it_says_what_it_writes(name, export):
    assert len(type(export).__doc__ or "") > 40
    assert export.modality is None or export.modality in registry.names("modalities")


@every_export
def test_only_kept_samples_leave_and_all_of_them(name, export, version, tmp_path):
    kept = [row["id"] for row in version.rows(["id", "decision"]) if row["decision"] == "kept"]
    assert export.write(version, tmp_path / "out") == len(kept) > 0
    assert files(tmp_path / "out")


@every_export
@pytest.mark.parametrize("modality", registry.names("modalities"))
def test_one_for_all_modalities_writes_each(name, modality, export, versions, tmp_path):
    if export.modality is None:
        assert export.write(versions(modality), tmp_path / "out", with_sources=True) > 0


@every_export
def test_the_same_version_exports_to_the_same_files(name, export, version, tmp_path):
    export.write(version, tmp_path / "one")
    export.write(version, tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


@every_export
def test_a_place_that_cannot_be_written_to_is_said_without_speaking_of_staging(
    name, export, version, tmp_path
):
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match="a file lies where a folder should be") as caught:
        export.write(version, tmp_path / "file" / "out")
    assert "staging" not in str(caught.value)
    assert "name another place" in str(caught.value)


@every_export
def test_nothing_is_written_outside_whatever_the_classes_are_called(name, export, version, tmp_path):
    (tmp_path / "around").mkdir()
    export.write(version, tmp_path / "around" / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["around"]
    assert [p.name for p in (tmp_path / "around").iterdir()] == ["out"]


@every_export
def test_a_folder_with_something_in_it_is_left_alone(name, export, version, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(PublishError, match="not an empty folder"):
        export.write(version, tmp_path)
    assert files(tmp_path) == {"mine.txt": b"mine"}


@every_export
def test_real_samples_come_along_when_they_are_wanted(name, export, version, tmp_path):
    without = export.write(version, tmp_path / "without")
    with_sources = export.write(version, tmp_path / "with", with_sources=True)
    assert with_sources == without + len(version.record["sources"])


@every_export
def test_another_modality_is_refused(name, export, version, tmp_path):
    if export.modality is None:
        return
    other = Dataset(version.dataset.place).open()
    other.record["modality"] = "another"
    with pytest.raises(DatasetError, match="holds"):
        export.write(other, tmp_path / "out")
