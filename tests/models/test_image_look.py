import json

import numpy as np
import pytest
import torch

from synthgen.models.image_look import BATCH, Look, in_batches, look_of

HALF = (0.5, 0.5, 0.5)


def folder(place, **files):
    for name, said in {"config": {}, **files}.items():
        (place / f"{name}.json").write_text(json.dumps(said))
    return place


@pytest.mark.parametrize(
    ("files", "look"),
    [
        ({}, (224, 224)),
        ({"config": {"image_size": 32}}, (32, 32)),
        ({"config": {"vision_config": {"image_size": 48}}}, (48, 48)),
        ({"preprocessor_config": {"size": {"shortest_edge": 40}}}, (40, 40)),
        ({"preprocessor_config": {"size": {"shortest_edge": 256}, "crop_size": {"height": 24, "width": 32}}}, (24, 32)),
        ({"processor_config": {"image_processor": {"size": {"height": 20, "width": 20}}}}, (20, 20)),
    ],
)  # fmt: skip
def test_the_size_is_what_the_folder_says(tmp_path, files, look):
    assert look_of(folder(tmp_path, **files)) == Look(*look, HALF, HALF)


def test_mean_and_deviation_are_what_the_folder_says(tmp_path):
    said = {"size": 8, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
    assert look_of(folder(tmp_path, preprocessor_config=said))[2:] == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    off = folder(tmp_path, preprocessor_config=said | {"do_normalize": False})
    assert look_of(off)[2:] == ((0, 0, 0), (1, 1, 1))


def test_pictures_are_scaled_and_normalised_in_batches_of_one_shape():
    shapes = []

    def means(x):
        shapes.append(tuple(x.shape))
        return x.mean((2, 3))

    pictures = [np.full((4 + i, 9, 3), (0, 128, 255), np.uint8) for i in range(BATCH + 1)]
    rows = in_batches(pictures, Look(6, 8, (0.5, 0, 0), (0.5, 1, 0.5)), torch.device("cpu"), means)
    assert shapes == [(BATCH, 3, 6, 8)] * 2
    np.testing.assert_allclose(rows, [[-1, 128 / 255, 2]] * (BATCH + 1), atol=1e-6)
