"""Plug-ins are found by where their file lies, or by an entry point."""

import pytest

from synthgen import registry
from synthgen.errors import UnknownName


def test_names_are_file_places():
    assert {"image/affine", "image/img2img", "image/gan"} <= set(registry.names("generators"))
    assert "image_folder" in registry.names("readers")


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_plug_in_knows_its_name(kind):
    for name in registry.names(kind) if kind != "models" else ():
        plugin = registry.find(kind, name)
        assert plugin.__module__ == f"synthgen.{kind}.{name.replace('/', '.')}"


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(
        UnknownName, match="no generator is called 'image/afine'. Did you mean 'image/affine'"
    ):
        registry.find("generators", "image/afine")
    for kind, one in (("modalities", "modality"), ("benches", "bench"), ("filters", "filter")):
        with pytest.raises(UnknownName, match=f"no {one} is called 'smell'"):
            registry.find(kind, "smell")


def test_a_hint_lists_what_is_known_if_nothing_is_near():
    assert registry.near("zzz", ["b", "a"]) == " Known: a, b."
    assert registry.near("zzz", []) == " There are none."


def test_an_entry_point_adds_a_plug_in(tmp_path, monkeypatch):
    (tmp_path / "extra_plugins.py").write_text("class Extra:\n    modality = 'image'\n\nPLUGIN = Extra\n")
    info = tmp_path / "extra-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[synthgen.generators]\nimage/extra = extra_plugins:Extra\n")
    monkeypatch.syspath_prepend(tmp_path)
    caches = (registry._outside, registry.names, registry.find)
    for cache in caches:
        cache.cache_clear()
    try:
        assert "image/extra" in registry.names("generators")
        assert registry.find("generators", "image/extra").__name__ == "Extra"
        assert registry.name_of("generators", registry.find("generators", "image/extra")()) == "image/extra"
    finally:
        monkeypatch.undo()
        for cache in caches:
            cache.cache_clear()
