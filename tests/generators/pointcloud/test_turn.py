import numpy as np
from clouds import corner, one, work
from scipy.spatial.distance import pdist

from synthgen.contract import LabelContract
from synthgen.generators.pointcloud.turn import Turn

ALL_WAYS = Turn(turn_x_range=(-40, 40), turn_y_range=(-40, 40))


def test_a_turn_keeps_distances_between_points():
    cloud = corner()
    np.testing.assert_allclose(pdist(one(ALL_WAYS, cloud).payload.points), pdist(cloud.points), atol=1e-5)


def test_a_turn_about_the_vertical_keeps_heights_and_ranges():
    cloud, turned = corner(), one(Turn(), corner()).payload
    np.testing.assert_allclose(turned.points[:, 2], cloud.points[:, 2], atol=1e-6)
    np.testing.assert_allclose(
        np.linalg.norm(turned.points, axis=1), np.linalg.norm(cloud.points, axis=1), atol=1e-5
    )


def test_normals_and_velocities_turn_with_the_points_and_scalars_stay():
    cloud, turned = corner(), one(ALL_WAYS, corner()).payload
    away = turned.points / np.linalg.norm(turned.points, axis=1, keepdims=True)
    np.testing.assert_allclose(turned.vectors["velocity"], away, atol=1e-5)
    for before, after in ((cloud, turned),):
        np.testing.assert_allclose(
            (after.points * after.vectors["normal"]).sum(1),
            (before.points * before.vectors["normal"]).sum(1),
            atol=1e-5,
        )
    np.testing.assert_array_equal(turned.scalars["intensity"], cloud.scalars["intensity"])


def test_a_quarter_turn_takes_x_to_y():
    cloud = corner()
    turned = one(Turn(turn_z_range=(90, 90)), cloud).payload
    np.testing.assert_allclose(turned.points[:, 1], cloud.points[:, 0], atol=1e-6)
    np.testing.assert_allclose(turned.points[:, 0], -cloud.points[:, 1], atol=1e-6)


def test_about_its_centre_a_cloud_stays_where_it_is():
    cloud = corner()
    turned = one(Turn(about="centre", turn_x_range=(30, 30)), cloud).payload
    np.testing.assert_allclose(turned.centre, cloud.centre, atol=1e-5)


def test_tipping_over_is_narrowed_until_the_contract_allows_it():
    silent = LabelContract().routes(ALL_WAYS.effects(), "a", ["a"])
    assert silent[0].bounds["turn_x"] == (-15, 15)
    assert silent[0].bounds["turn_z"] == (-180, 180)
    allowed = LabelContract.model_validate({"every": {"turn_x": 40}})
    assert allowed.routes(ALL_WAYS.effects(), "a", ["a"])[0].bounds["turn_x"] == (-40, 40)


def test_all_headings_are_as_likely():
    headings = np.array([work(Turn(), corner(), index=i).draw["turn_z"] for i in range(2000)])
    counts = np.histogram(headings, 8, (-180, 180))[0]
    assert counts.min() > 180
    assert counts.max() < 320
