"""What every reader promises."""

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from synthgen import registry
from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Reader

every_reader = pytest.mark.parametrize("name", registry.names("readers"))


@pytest.fixture
def reader(name) -> Reader:
    return registry.find("readers", name)()


@pytest.fixture
def modality(reader):
    return registry.find("modalities", reader.modality)()


@pytest.fixture
def root(reader, modality, tmp_path) -> Path | None:
    """A source of two classes as the reader itself lays it out."""
    if not reader.takes_path:
        return None
    (tmp_path / "source").mkdir()
    specimens = [(f"class {i % 2}", modality.specimen(np.random.default_rng(i))) for i in range(6)]
    return reader.write_specimen(tmp_path / "source", specimens)


@every_reader
def test_settings_reject_unknown_keys(name):
    with pytest.raises(ValidationError):
        registry.find("readers", name)(no_such_key=1)


@every_reader
def test_settings_shape_payloads_or_list_items(name, reader):
    assert reader.listing <= set(type(reader).model_fields)
    assert set(reader.shaping()) == set(type(reader).model_fields) - reader.listing
    json.dumps(reader.shaping())


@every_reader
def test_it_says_what_it_reads(name):
    assert "Payload:" in (registry.find("readers", name).__doc__ or "")


@every_reader
def test_items_come_in_the_same_order_with_places_of_their_own(name, reader, root):
    found = list(reader.items(root, "train"))
    assert found == list(reader.items(root, "train"))
    assert len({f.place for f in found}) == len(found) > 0


@every_reader
def test_every_usable_item_decodes_to_the_same_payload_twice(name, reader, modality, root):
    for found in list(reader.items(root, "train"))[:20]:
        assert isinstance(found, Found)
        assert isinstance(found.label, str)
        raw = reader.raw(root, found.place)
        reader.glance(raw)
        payload = reader.decode(raw)
        modality.check(payload)
        again = reader.decode(reader.raw(root, found.place))
        assert modality.encode(payload, {}) == modality.encode(again, {})


@every_reader
@pytest.mark.parametrize("place", ["no/such/item", "../outside", "/etc/hostname"])
def test_what_is_not_there_is_unreadable_with_a_reason(name, reader, root, place):
    with pytest.raises(UnreadableItem, match=r"\w"):
        reader.raw(root, place)


@every_reader
def test_a_folder_that_is_not_there_is_an_error_in_words(name, reader, tmp_path):
    if reader.takes_path:
        with pytest.raises(SourceError, match="nowhere"):
            list(reader.items(tmp_path / "nowhere", "train"))
