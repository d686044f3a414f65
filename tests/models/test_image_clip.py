import json
import shutil

import numpy as np
import pytest
from tiny_networks import COLOURS, coloured, network

from synthgen.errors import ModelError
from synthgen.models import image_clip
from synthgen.models.image_classifier import ImageReference

PROMPTS = [f"a photo of a {label}" for label in COLOURS]


@pytest.fixture
def copied(tiny_clip, tmp_path):
    return shutil.copytree(tiny_clip, tmp_path / "clip")


def pictures(n=10):
    return [p for label in COLOURS for p in coloured(label, n, seed=9)], np.repeat(np.arange(3), n)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2]])
def test_classes_are_told_by_their_descriptions_whatever_their_order(tiny_clip, order):
    judge = ImageReference().zero_shot(str(tiny_clip), [PROMPTS[i] for i in order], "cpu")
    shown, truth = pictures()
    mine = [i for i, label in enumerate(truth) if label in order]
    found = judge([shown[i] for i in mine])
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert (np.array(order)[found.argmax(1)] == truth[mine]).mean() > 0.9


def test_probabilities_are_those_of_transformers(tiny_clip):
    import torch
    from transformers import AutoTokenizer, CLIPModel

    model, words = CLIPModel.from_pretrained(tiny_clip), AutoTokenizer.from_pretrained(tiny_clip)
    shown = pictures(2)[0]
    x = (torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
    with torch.inference_mode():
        theirs = model(pixel_values=x, **words(PROMPTS, return_tensors="pt")).logits_per_image.softmax(1)
    ours = image_clip.predict(image_clip.load(str(tiny_clip), PROMPTS, "cpu"), shown)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_an_answer_does_not_depend_on_its_neighbours(tiny_clip):
    model, shown = image_clip.load(str(tiny_clip), PROMPTS, "cpu"), pictures(7)[0]
    together = image_clip.predict(model, shown)
    np.testing.assert_array_equal(image_clip.predict(model, shown[::-1])[::-1], together)
    np.testing.assert_array_equal([image_clip.predict(model, [one])[0] for one in shown], together)


def test_a_folder_without_a_tokenizer_is_told(copied):
    for name in ("tokenizer.json", "merges.txt", "vocab.json"):
        (copied / name).unlink(missing_ok=True)
    with pytest.raises(ModelError, match="holds no tokenizer. Save it beside the model"):
        image_clip.load(str(copied), PROMPTS, "cpu")


@pytest.mark.parametrize("content", ["", "{}"])
def test_a_tokenizer_that_cannot_be_read_is_told(copied, content):
    (copied / "tokenizer.json").write_text(content)
    with pytest.raises(ModelError, match="tokenizer"):
        image_clip.load(str(copied), PROMPTS, "cpu")


def test_a_model_that_is_no_clip_is_told(tmp_path):
    with pytest.raises(ModelError, match="type 'resnet', not a CLIP model with both halves"):
        image_clip.load(str(network("resnet", tmp_path / "resnet")), PROMPTS, "cpu")
    with pytest.raises(ModelError, match="not a CLIP model with both halves"):
        image_clip.load(str(network("clip vision", tmp_path / "half")), PROMPTS, "cpu")


def test_descriptions_that_read_the_same_are_told(tiny_clip):
    long = "a photo of a red" + " red" * 100
    with pytest.raises(ModelError, match="read the same to"):
        image_clip.load(str(tiny_clip), [long, long + " green"], "cpu")


def test_code_and_pickles_are_refused(copied):
    said = json.loads((copied / "tokenizer_config.json").read_text())
    (copied / "tokenizer_config.json").write_text(
        json.dumps(said | {"auto_map": {"AutoTokenizer": ["a.B", None]}})
    )
    with pytest.raises(ModelError, match="brings code of its own"):
        image_clip.load(str(copied), PROMPTS, "cpu")
    (copied / "tokenizer_config.json").write_text(json.dumps(said))
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match="holds no safetensors"):
        image_clip.load(str(copied), PROMPTS, "cpu")
