import numpy as np
import pytest
from clouds import work

from synthgen.generators.pointcloud.scan import Scan
from synthgen.models.point_cloud import Cloud
from synthgen.sample import Failed

QUIET = Scan(jitter_range=(0, 0), drop_range=(0, 0))


def ball(n: int = 2000, seed: int = 0) -> Cloud:
    out = np.random.default_rng(seed).standard_normal((n, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    light = (np.arange(n) % 7).astype(np.float32)
    return Cloud(out.astype(np.float32), {"light": light}, {"normal": out.astype(np.float32)})


def seen(generator: Scan, cloud: Cloud, index: int = 0):
    asked = work(generator, cloud, index=index)
    return asked.draw, generator.make([asked], None)[0]


def towards(draw) -> np.ndarray:
    a, e = np.radians(draw["azimuth"]), np.radians(draw["elevation"])
    return np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])


@pytest.mark.parametrize("index", range(4))
def test_only_the_side_that_faces_the_sensor_is_seen(index):
    draw, made = seen(QUIET, ball(), index)
    points = made.payload.points
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=0.05)
    # A sensor at distance d of a ball of radius 1 sees what lies beyond 1/d along its way.
    edge = 1 / max(draw["distance"], 1.53) - 0.12
    assert (points @ towards(draw) < edge).mean() < 0.002
    assert (points @ towards(draw)).max() > 0.98


def test_what_stands_in_front_hides_what_is_behind():
    near = ball(1500).mapped(np.eye(3) * 0.5, np.array([2.0, 0, 0]))
    far = ball(1500, 1).mapped(np.eye(3) * 0.3, np.array([-2.0, 0, 0]))
    both = Cloud(np.concatenate([near.points, far.points]))
    facing = Scan(azimuth_range=(0, 0), elevation_range=(0, 0), jitter_range=(0, 0), drop_range=(0, 0))
    _, made = seen(facing, both)
    assert (made.payload.points[:, 0] > 0).mean() > 0.998
    aside = Scan(azimuth_range=(90, 90), elevation_range=(0, 0), jitter_range=(0, 0), drop_range=(0, 0))
    _, made = seen(aside, both)
    assert (made.payload.points[:, 0] < 0).any()


def test_hits_carry_what_the_nearest_point_carried():
    _, made = seen(QUIET, ball())
    normal = made.payload.vectors["normal"]
    assert ((normal * made.payload.points).sum(1) > 0.97).all()
    assert set(made.payload.scalars["light"]) == set(range(7))


def test_about_as_many_points_are_seen_as_there_were_unless_the_window_says_otherwise():
    _, made = seen(QUIET, ball())
    assert 0.5 * 2000 < len(made.payload) < 2 * 2000
    few = len(seen(Scan(side=20, jitter_range=(0, 0), drop_range=(0, 0)), ball())[1].payload)
    assert 150 < few < 400


def test_rays_that_never_return_and_noise_along_the_way():
    _, made = seen(Scan(jitter_range=(0.02, 0.02), drop_range=(0.4, 0.4)), ball())
    _, whole = seen(QUIET, ball())
    assert len(made.payload) == pytest.approx(0.6 * len(whole.payload), rel=0.1)
    off = np.linalg.norm(made.payload.points, axis=1) - 1
    assert 0.005 < off.std() < 0.1


def test_a_sensor_that_sees_too_little_says_so():
    thin = Cloud(np.stack([np.linspace(0, 1, 12), np.zeros(12), np.zeros(12)], 1).astype(np.float32))
    _, made = seen(Scan(side=16, azimuth_range=(0, 0), elevation_range=(0, 0), drop_range=(0.9, 0.9)), thin)
    assert isinstance(made, Failed)
    assert "the sensor saw" in made.reason
