import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.models.drawn_shape import solid
from synthgen.readers.shapes import SHAPES, Shapes


def test_classes_are_cut_and_the_pool_holds_the_rest():
    reader = Shapes(per_class=5, cut={"torus": 2}, holdout_per_class=1)
    counts = {s: [f.label for f in reader.items(None, s)] for s in ("train", "pool", "holdout")}
    assert counts["train"].count("torus") == 2
    assert counts["pool"] == ["torus"] * 3
    assert counts["holdout"] == list(SHAPES)


def test_points_lie_on_the_surface_of_the_shape():
    cloud = Shapes(points=2000).decode(Shapes(points=2000).raw(None, "sphere/train/0001"))
    spread = cloud.points - cloud.centre
    axes = np.sqrt((spread**2).mean(0) * 3)  # a stretched ball has about these half axes
    assert np.abs(np.linalg.norm(spread / axes, axis=1) - 1).max() < 0.25
    np.testing.assert_allclose(np.linalg.norm(cloud.vectors["normal"], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_solid_is_closed(shape):
    import open3d as o3d

    mesh = solid(shape, np.random.default_rng(0))
    built = o3d.geometry.TriangleMesh(
        o3d.utility.Vector3dVector(mesh.corners), o3d.utility.Vector3iVector(mesh.triangles)
    )
    assert built.is_edge_manifold(False)


def test_a_class_that_is_not_drawn_is_refused():
    with pytest.raises(ValidationError, match="the classes are box"):
        Shapes(cut={"teapot": 3})
