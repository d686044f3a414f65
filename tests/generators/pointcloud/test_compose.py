import numpy as np
import pytest
from clouds import corner, one

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.pointcloud.compose import Compose
from synthgen.models.point_cloud import Cloud


@pytest.mark.parametrize("index", range(5))
def test_both_stand_on_one_ground_and_keep_apart(index):
    cloud, other = corner(), corner(300, 5)
    scene = one(Compose(), cloud, other, index=index)
    np.testing.assert_array_equal(scene.payload.points[:200], cloud.points)
    placed = scene.payload.points[200:]
    assert placed[:, 2].min() == pytest.approx(cloud.points[:, 2].min(), abs=1e-5)
    apart = np.linalg.norm(placed[:, None, :2] - cloud.points[None, :, :2], axis=2).min()
    assert apart > 0.05 * cloud.size


def test_each_has_its_box_and_class():
    scene = one(Compose(), corner(), corner(300, 5))
    boxes = scene.annotations["boxes"]
    assert [box["label"] for box in boxes] == ["a", "b"]
    for box, points in zip(boxes, (scene.payload.points[:200], scene.payload.points[200:]), strict=True):
        off = np.abs(points - np.array(box["centre"])) - np.array(box["size"]) / 2
        assert off.max() == pytest.approx(0, abs=1e-5)


def test_fields_of_both_come_along_and_others_are_left_out():
    scene = one(Compose(), corner(), corner(300, 5)).payload
    assert scene.scalars["intensity"].shape == (500,)
    assert np.linalg.norm(scene.vectors["normal"], axis=1) == pytest.approx(1, abs=1e-5)
    assert one(Compose(), corner(), Cloud(corner(50).points)).payload.scalars == {}


def test_other_things_in_view_are_forbidden_until_the_contract_allows_them():
    assert isinstance(LabelContract().routes(Compose().effects(), "a", ["a"]), Refusal)
    allowed = LabelContract.model_validate({"every": {"clutter": True}})
    assert allowed.routes(Compose().effects(), "a", ["a"])[0].parent_label == "a"
