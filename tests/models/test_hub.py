import json

import pytest
from tiny_networks import network

from synthgen.errors import ModelError
from synthgen.models import hub

PINNED = "owner/name@" + "0" * 40


@pytest.fixture
def resnet(tmp_path):
    return network("resnet", tmp_path / "resnet")


@pytest.mark.parametrize(
    "model", ["no/such/folder", "owner/name", "owner/name@main", "owner/name@" + "0" * 39]
)
def test_what_is_neither_a_folder_nor_pinned_is_refused(model):
    with pytest.raises(
        ModelError, match="is no folder. Give one, or a pinned hub id: owner/name@ and 40 hex"
    ):
        hub.checked_folder(model)


def test_a_hub_that_is_away_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="cannot be fetched .* give a folder"):
        hub.checked_folder(PINNED)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "preprocessor_config.json"])
def test_a_folder_with_code_of_its_own_is_refused(resnet, name):
    said = json.loads((resnet / name).read_text()) if (resnet / name).exists() else {}
    (resnet / name).write_text(json.dumps(said | {"auto_map": {"AutoModel": "planted.Model"}}))
    (resnet / "planted.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelError, match="brings code of its own, which is never run"):
        hub.opened(str(resnet), "AutoModel", "network", "cpu")


def test_a_folder_with_only_a_pickle_is_refused(resnet):
    (resnet / "model.safetensors").rename(resnet / "pytorch_model.bin")
    with pytest.raises(ModelError, match="holds no safetensors. Save it with save_pretrained"):
        hub.opened(str(resnet), "AutoModel", "network", "cpu")


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_folder_without_a_config_is_refused(resnet, content):
    (resnet / "config.json").unlink() if content is None else (resnet / "config.json").write_text(content)
    with pytest.raises(ModelError, match="A model folder is what save_pretrained writes"):
        hub.checked_folder(str(resnet))


def test_a_broken_weight_file_is_a_clear_error(resnet):
    weights = resnet / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="is no network of transformers"):
        hub.opened(str(resnet), "AutoModel", "network", "cpu")


def test_the_content_of_a_folder_is_its_bytes_and_of_an_id_its_commit(resnet):
    before = hub.content_of(str(resnet))
    moved = resnet.rename(resnet.with_name("moved"))
    assert hub.content_of(str(moved)) == before
    (moved / "model.safetensors").write_bytes(b"other")
    assert hub.content_of(str(moved)) != before
    assert hub.content_of(PINNED) == PINNED
