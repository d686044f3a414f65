import numpy as np
from clouds import corner, one

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.pointcloud.mirror import Mirror


def test_the_mirror_image_has_the_other_sign_on_one_axis():
    cloud, seen = corner(), one(Mirror(across=("x",)), corner()).payload
    np.testing.assert_allclose(seen.points, cloud.points * [-1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(seen.vectors["velocity"], cloud.vectors["velocity"] * [-1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(seen.vectors["normal"], cloud.vectors["normal"] * [-1, 1, 1], atol=1e-6)


def test_it_is_refused_until_the_contract_allows_it():
    assert isinstance(LabelContract().routes(Mirror().effects(), "a", ["a"]), Refusal)
    allowed = LabelContract.model_validate({"every": {"mirror": True}})
    assert allowed.routes(Mirror().effects(), "a", ["a"])[0].parent_label == "a"


def test_a_left_hand_becomes_a_right_hand_where_the_contract_says_so():
    said = LabelContract.model_validate({"label": {"left": {"mirror": {"relabel": "right"}}}})
    routes = said.routes(Mirror().effects(), "right", ["left", "right"])
    assert [route.parent_label for route in routes] == ["left"]
