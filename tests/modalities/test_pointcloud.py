import io

import numpy as np
import pytest
from clouds import corner
from PIL import Image

from synthgen.modalities.pointcloud import PointCloud
from synthgen.models.cloud_defects import collapsed, copies, exploded
from synthgen.models.point_cloud import Cloud

MODALITY = PointCloud()


def test_fields_and_precision_come_back():
    half = Cloud(corner().points, corner().scalars, corner().vectors, "float16").moved(corner().points)
    for cloud in (corner(), half):
        back = MODALITY.decode(MODALITY.encode(cloud, {"a": "b"}))
        assert back.precision == cloud.precision
        np.testing.assert_array_equal(back.points, cloud.points)
        np.testing.assert_array_equal(back.scalars["intensity"], cloud.scalars["intensity"])
        np.testing.assert_allclose(back.vectors["velocity"], cloud.vectors["velocity"], atol=1e-3)
    assert len(MODALITY.encode(half, {})) < 0.65 * len(MODALITY.encode(corner(), {}))


def test_other_safetensors_files_are_no_clouds():
    from synthgen.models import tensor_file

    for arrays in (
        {},
        {"points": np.zeros((3, 2), np.float32)},
        {"points": np.zeros((3, 3)), "x": np.zeros(3)},
    ):
        with pytest.raises(ValueError, match="no point cloud"):
            MODALITY.decode(tensor_file.encode(arrays, {}))


@pytest.mark.parametrize("kind", copies(corner(), np.random.default_rng(0)))
def test_copies_share_their_signature(kind):
    copy = copies(corner(), np.random.default_rng(0))[kind]
    assert np.abs(MODALITY.signature([copy]) - MODALITY.signature([corner()])).max() < MODALITY.copy_tolerance


def test_points_in_one_place_are_blank():
    assert MODALITY.blank(corner()) is None
    assert "one place" in MODALITY.blank(collapsed(corner()))


def test_an_exploded_cloud_has_another_size():
    assert exploded(corner(), np.random.default_rng(0)).size > 2 * corner().size


def test_nearer_points_are_darker_and_hide_those_behind():
    wall = np.stack([*np.meshgrid(np.linspace(-1, 1, 60), np.linspace(-1, 1, 60)), np.zeros((60, 60))], -1)
    upright = wall.reshape(-1, 3)[:, [0, 2, 1]]
    near, far = upright + np.array([0, -1, 0]), upright * 0.5 + np.array([0, 1, 0])
    from synthgen.models import cloud_picture

    both = cloud_picture.picture(Cloud(np.concatenate([near, far]).astype(np.float32)), 64)
    seen = both[both.max(2) < 245]
    assert seen.min() < 60
    assert seen.max() > 100


def test_clouds_with_colours_are_shown_in_them():
    red = {"red": np.ones(200), "green": np.zeros(200), "blue": np.zeros(200)}
    cloud = Cloud(corner().points, {k: v.astype(np.float32) for k, v in red.items()})
    picture = np.asarray(Image.open(io.BytesIO(MODALITY.preview(cloud, 64)))).astype(int)
    assert ((picture[..., 0] - picture[..., 1]) > 60).mean() > 0.1
