"""What every payload type promises."""

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from synthgen import registry
from synthgen.modality import Modality

MARKER = {"synthetic": "yes", "maker": "synthgen ünï"}

every_modality = pytest.mark.parametrize("name", registry.names("modalities"))


@pytest.fixture
def modality(name) -> Modality:
    return registry.find("modalities", name)()


@pytest.fixture
def specimens(modality):
    return [modality.specimen(np.random.default_rng(i)) for i in range(5)]


@every_modality
def test_it_carries_the_name_of_its_file(name, modality):
    assert modality.name == name
    assert modality.suffix.startswith(".")
    assert "/" in modality.media_type
    assert modality.classifier in registry.names("models")
    assert set(modality.default_filters) <= set(registry.names("filters"))


@every_modality
def test_specimens_are_usable_and_differ(name, modality, specimens):
    for specimen in specimens:
        modality.check(specimen)
        assert modality.blank(specimen) is None
    assert len({modality.encode(s, {}) for s in specimens}) == len(specimens)


@every_modality
def test_nonsense_is_refused_with_a_reason(name, modality):
    others = [registry.find("modalities", other)() for other in registry.names("modalities") if other != name]
    foreign = [other.specimen(np.random.default_rng(1)) for other in others]
    for nonsense in (None, "", 7, b"bytes", np.zeros((0, 0, 3), np.uint8), *foreign):
        with pytest.raises(ValueError, match=r".+"):
            modality.check(nonsense)


@every_modality
def test_oddities_are_usable(name, modality):
    for odd in modality.oddities(np.random.default_rng(2)):
        modality.check(odd)
        assert modality.content(modality.decode(modality.encode(odd, MARKER))) == modality.content(odd)
        assert (
            modality.embed([odd]).shape == modality.embed([modality.specimen(np.random.default_rng(3))]).shape
        )
        with Image.open(io.BytesIO(modality.preview(odd, 64))) as picture:
            assert max(picture.size) <= 64


@every_modality
def test_encoding_repeats_and_comes_back_the_same(name, modality, specimens):
    for specimen in specimens:
        data = modality.encode(specimen, MARKER)
        assert data == modality.encode(specimen, dict(MARKER))
        back = modality.decode(data)
        modality.check(back)
        assert modality.encode(back, MARKER) == data


@every_modality
def test_the_marker_is_in_the_bytes_where_they_have_room_and_changes_nothing_else(name, modality, specimens):
    marked = modality.encode(specimens[0], MARKER)
    for said in (*MARKER, *MARKER.values()):
        assert (said.encode() in marked) == modality.marks
    plain = modality.decode(modality.encode(specimens[0], {}))
    assert modality.encode(modality.decode(marked), {}) == modality.encode(plain, {})


@every_modality
def test_a_preview_is_a_small_jpeg(name, modality, specimens):
    for size in (16, 96):
        with Image.open(io.BytesIO(modality.preview(specimens[0], size))) as picture:
            assert picture.format == "JPEG"
            assert max(picture.size) <= size


@every_modality
def test_what_is_played_is_a_picture_that_moves_or_a_sound(name, modality, specimens):
    for payload in (specimens[0], *modality.oddities(np.random.default_rng(0))):
        if (played := modality.played(payload)) is None:
            continue
        media_type, data = played
        assert media_type.split("/")[0] in ("image", "audio")
        assert 0 < len(data) < 500_000
        if media_type.startswith("image"):
            with Image.open(io.BytesIO(data)) as picture:
                assert picture.get_format_mimetype() == media_type


@every_modality
def test_features_depend_on_the_payload_alone(name, modality, specimens):
    for features in (modality.embed, modality.signature):
        together = features(specimens)
        alone = np.concatenate([features([s]) for s in specimens])
        assert together.dtype == np.float32
        assert together.shape[0] == len(specimens)
        np.testing.assert_array_equal(together, alone)
    np.testing.assert_allclose(np.linalg.norm(modality.embed(specimens), axis=1), 1, atol=1e-4)


@every_modality
def test_features_leave_the_payload_as_it_was(name, modality, specimens):
    before = [digest(modality, s) for s in specimens]
    modality.embed(specimens)
    modality.signature(specimens)
    for s in specimens:
        modality.views(s)
        modality.preview(s, 32)
    assert [digest(modality, s) for s in specimens] == before


@every_modality
def test_a_payload_is_a_copy_of_itself_and_of_no_other(name, modality, specimens):
    marks = modality.signature([modality.decode(modality.encode(s, MARKER)) for s in specimens])
    apart = np.abs(marks[:, None] - modality.signature(specimens)[None]).max(axis=2)
    assert (np.diag(apart) <= modality.copy_tolerance).all()
    assert (apart[~np.eye(len(specimens), dtype=bool)] > modality.copy_tolerance).all()


@every_modality
def test_views_begin_with_the_payload_itself(name, modality, specimens):
    views = modality.views(specimens[0])
    assert digest(modality, views[0]) == digest(modality, specimens[0])
    for view in views:
        modality.check(view)


@every_modality
def test_the_marker_may_hold_what_lineage_writes(name, modality, specimens):
    modality.encode(specimens[0], {"lineage": json.dumps({"id": "a" * 64, "label": "<script>🦊"})})


def digest(modality, payload) -> str:
    return hashlib.sha256(modality.encode(payload, {})).hexdigest()
