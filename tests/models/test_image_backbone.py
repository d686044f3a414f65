import json
import shutil

import numpy as np
import pytest
from real_digits import real
from tiny_networks import COLOURS, KINDS, coloured, network

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.models.image_backbone import ImageBackbone
from synthgen.models.image_classifier import ImageReference

NAMES, CONTRACT = list(COLOURS), LabelContract()


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    root = tmp_path_factory.mktemp("networks")
    return {kind: network(kind, root / kind) for kind in (*KINDS, "masked autoencoder", "text")}


@pytest.fixture
def copied(networks, tmp_path):
    return shutil.copytree(networks["resnet"], tmp_path / "model")


def samples(n, seed=0):
    return [p for label in NAMES for p in coloured(label, n, seed)], np.repeat(np.arange(3), n)


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_on_any_image_network_learns_what_the_network_shows(networks, kind, tmp_path):
    backbone = ImageReference().on_backbone(str(networks[kind]))
    pictures, labels = samples(20)
    backbone.train(pictures, labels, NAMES, CONTRACT, tmp_path, steps=200, seed=0)
    unseen, truth = samples(20, seed=3)
    found = backbone.predict(backbone.load(tmp_path, "cpu"), unseen)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert (found.argmax(1) == truth).mean() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_those_of_the_weights_and_know_no_neighbours(networks, kind):
    pictures = samples(7)[0]
    together = ImageBackbone(str(networks[kind])).features(pictures, "cpu")
    backwards = ImageBackbone(str(networks[kind])).features(pictures[::-1], "cpu")[::-1]
    again = ImageBackbone(str(networks[kind]))
    alone = np.concatenate([again.features([picture], "cpu") for picture in pictures])
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together, alone)
    assert together.std(0).max() > 0


def test_pictures_are_kept_no_larger_than_the_network_sees_them(networks):
    backbone = ImageBackbone(str(networks["vit"]))
    assert backbone.small(np.zeros((50, 40, 3), np.uint8)).shape == (16, 16, 3)
    assert backbone.small(np.zeros((9, 12, 3), np.uint8)).shape == (9, 12, 3)
    assert backbone.small(np.zeros((9, 12, 3), np.uint8), 8).shape == (8, 8, 3)


def test_views_move_a_picture_as_far_as_its_class_allows_each_in_its_own_way(networks):
    backbone = ImageBackbone(str(networks["vit"]))
    ramp = np.repeat(np.linspace(0, 255, 16).astype(np.uint8)[:, None, None], 16, 1).repeat(3, 2)
    allows = LabelContract.model_validate({"label": {"red": {"flip_vertical": True}}})

    def turned_over(label):
        labels = np.array([NAMES.index(label)])
        views = [backbone.varied([ramp], labels, NAMES, allows, i) for i in range(20)]
        rows = np.concatenate([backbone.features(view, "cpu") for view in views])
        assert len(np.unique(rows, axis=0)) == 20
        again = ImageBackbone(str(networks["vit"])).features([v[0] for v in views[::-1]], "cpu")[::-1]
        np.testing.assert_array_equal(rows, again)
        plain, over = backbone.features([ramp, ramp[::-1].copy()], "cpu")
        return (((rows - over) ** 2).sum(1) < ((rows - plain) ** 2).sum(1)).mean()

    assert turned_over("green") == 0
    assert 0.2 < turned_over("red") < 0.8


def test_the_usual_steps_are_enough(networks, tmp_path):
    backbone = ImageBackbone(str(networks["resnet"]))

    def of(split, n):
        some = real(split, n)
        return [backbone.small(s.payload) for s in some], np.array([int(str(s.label)) for s in some])

    digits = list("0123456789")
    right = []
    for times in (3, 6):  # lift takes three times as many as are usual
        steps = times * backbone.usual_steps(None)
        backbone.train(*of("train", 20), digits, CONTRACT, tmp_path / str(times), steps=steps, seed=0)
        unseen, truth = of("holdout", 20)
        found = backbone.predict(backbone.load(tmp_path / str(times), "cpu"), unseen)
        right.append((found.argmax(1) == truth).mean())
    assert right[0] > 0.6
    assert abs(right[1] - right[0]) < 0.02


def test_a_text_model_is_refused(networks):
    with pytest.raises(ModelError, match="is a BertModel, which does not look at pictures"):
        ImageBackbone(str(networks["text"])).features(samples(1)[0], "cpu")


def test_a_network_that_sees_another_thing_each_time_is_refused(networks):
    with pytest.raises(ModelError, match="another one each time"):
        ImageBackbone(str(networks["masked autoencoder"])).features(samples(1)[0], "cpu")


def test_a_size_that_the_network_cannot_look_at_is_told(networks, tmp_path):
    folder = shutil.copytree(networks["vit"], tmp_path / "vit")
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": 24}))
    with pytest.raises(ModelError, match="cannot look at pictures of 24 x 24"):
        ImageBackbone(str(folder)).features(samples(1)[0], "cpu")


def test_weights_that_are_missing_are_told_instead_of_made_up(copied):
    from safetensors.torch import load_file, save_file

    held = load_file(copied / "model.safetensors")
    del held[next(name for name in held if name.endswith("convolution.weight"))]
    save_file(held, copied / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="lacks the weights of .*convolution.weight"):
        ImageBackbone(str(copied)).features(samples(1)[0], "cpu")


def test_a_folder_is_checked_before_anything_is_read(copied):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match="holds no safetensors"):
        ImageReference().on_backbone(str(copied))
    with pytest.raises(ModelError, match="40 hex digits"):
        ImageReference().on_backbone("owner/name@main")


def test_other_weights_are_another_classifier_wherever_they_lie(networks, copied):
    assert ImageBackbone(str(copied)).identity() == ImageBackbone(str(networks["resnet"])).identity()
    assert ImageBackbone(str(networks["vit"])).identity() != ImageBackbone(str(copied)).identity()
    assert ImageReference().identity() == "image_classifier"


def test_a_network_is_opened_once_a_process_unless_its_weights_change(copied):
    first = ImageReference().on_backbone(str(copied))
    assert ImageReference().on_backbone(str(copied)) is first
    network("convnext", copied)
    assert ImageReference().on_backbone(str(copied)).identity() != first.identity()
