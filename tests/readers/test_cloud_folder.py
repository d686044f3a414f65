import struct

import numpy as np
import pytest
from clouds import corner

from synthgen.errors import UnreadableItem
from synthgen.readers.cloud_folder import CloudFolder

ROWS = np.concatenate([corner(30).points, np.arange(30, dtype=np.float32)[:, None]], 1)
NAMES = ("x", "y", "z", "intensity")
TETRAHEDRON = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
FACES = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]


def ply(rows=ROWS, names=NAMES, kind="binary_little_endian", promised=None) -> bytes:
    head = f"ply\nformat {kind} 1.0\nelement vertex {len(rows) if promised is None else promised}\n"
    head += "".join(f"property float {name}\n" for name in names) + "end_header\n"
    if kind == "ascii":
        return (head + text(rows)).encode()
    return head.encode() + rows.astype("<f4" if "little" in kind else ">f4").tobytes()


def pcd(rows=ROWS, data="binary", promised=None) -> bytes:
    n = len(rows) if promised is None else promised
    head = "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\n"
    head += f"WIDTH {n}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {n}\nDATA {data}\n"
    return head.encode() + (rows.astype("<f4").tobytes() if data == "binary" else text(rows).encode())


def npy(rows=ROWS) -> bytes:
    import io

    out = io.BytesIO()
    np.save(out, rows)
    return out.getvalue()


def text(rows) -> str:
    return "\n".join(" ".join(f"{value:.9g}" for value in row) for row in rows) + "\n"


def off(corners=TETRAHEDRON, faces=FACES, promised=None) -> bytes:
    lines = [" ".join(["3", *map(str, face)]) for face in faces]
    head = f"OFF\n{len(corners)} {len(faces) if promised is None else promised} 0\n"
    return (head + text(corners) + "\n".join(lines) + "\n").encode()


def obj() -> bytes:
    corners = "".join("v " + " ".join(map(str, c)) + "\n" for c in TETRAHEDRON)
    return (corners + "".join("f " + " ".join(str(i + 1) for i in face) + "\n" for face in FACES)).encode()


def stl() -> bytes:
    body = b""
    for face in FACES:
        body += struct.pack("<12fH", 0, 0, 0, *TETRAHEDRON[list(face)].ravel(), 0)
    return b"\0" * 80 + struct.pack("<I", len(FACES)) + body


CLOUDS = {
    "ply": ply(), "ascii ply": ply(kind="ascii"), "big endian ply": ply(kind="binary_big_endian"), "pcd": pcd(),
    "ascii pcd": pcd(data="ascii"), "npy": npy(), "xyz": text(ROWS).encode(),
    "comma": text(ROWS).replace(" ", ",").encode(), "pts": f"{len(ROWS)}\n{text(ROWS)}".encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", CLOUDS)
def test_every_kind_of_file_gives_the_points_and_what_they_carry(kind):
    cloud = CloudFolder().decode(CLOUDS[kind])
    np.testing.assert_allclose(cloud.points, ROWS[:, :3], rtol=1e-6)
    np.testing.assert_allclose(cloud.scalars["intensity"], ROWS[:, 3])


@pytest.mark.parametrize("data", [off(), obj(), stl()], ids=["off", "obj", "stl"])
@pytest.mark.parametrize("sampling", ["area", "poisson"])
def test_points_of_a_mesh_lie_on_its_surface_everywhere_alike(data, sampling):
    cloud = CloudFolder(points=1500, sampling=sampling, normals=True).decode(data)
    slanted = np.abs(cloud.points.sum(1) - 1) < 1e-5
    assert (slanted | (np.abs(cloud.points).min(1) < 1e-6)).all()
    assert slanted.mean() == pytest.approx(np.sqrt(3) / (3 + np.sqrt(3)), abs=0.04)
    inside = slanted & (cloud.points.min(1) > 1e-3)
    np.testing.assert_allclose(np.abs(cloud.vectors["normal"][inside]), 1 / np.sqrt(3), atol=1e-5)
    again = CloudFolder(points=1500, sampling=sampling, normals=True).decode(data)
    np.testing.assert_array_equal(again.points, cloud.points)


def test_poisson_points_keep_apart():
    from scipy.spatial import cKDTree

    def nearest(sampling):
        points = CloudFolder(points=500, sampling=sampling).decode(off()).points
        return np.sort(cKDTree(points).query(points, 2)[0][:, 1])[5]

    assert nearest("poisson") > 4 * nearest("area")


def test_triples_become_vectors_and_bytes_colours():
    rows = np.concatenate([ROWS[:, :3], np.tile([0, 0, 1, 3, 4, 0], (30, 1))], 1)
    cloud = CloudFolder().decode(ply(rows, ("x", "y", "z", "nx", "ny", "nz", "vx", "vy", "vz")))
    np.testing.assert_array_equal(cloud.vectors["normal"][0], [0, 0, 1])
    np.testing.assert_array_equal(cloud.vectors["velocity"][0], [3, 4, 0])
    assert cloud.scalars == {}
    coloured = f"30\n{text(np.concatenate([ROWS[:, :3], np.full((30, 3), 51)], 1))}".encode()
    np.testing.assert_allclose(CloudFolder().decode(coloured).scalars["green"], 0.2)


def test_y_up_files_stand_upright():
    np.testing.assert_allclose(CloudFolder(up="y").decode(ply()).points[:, 2], ROWS[:, 1])


def test_only_what_is_asked_for_is_kept():
    cloud = CloudFolder(fields=(), points=20, precision="float16").decode(ply())
    assert (len(cloud), cloud.scalars, cloud.precision) == (20, {}, "float16")


NAN = ROWS.copy()
NAN[3, 1] = np.nan
BAD = {
    "cut short": (ply()[:-20], "cut short: 30 points are promised, 28 are there"),
    "lying pcd": (pcd(promised=31), "cut short"),
    "short ascii": (ply(kind="ascii", promised=40), "promises 40 points"),
    "huge": (ply(promised=10**9), "more than max_points"),
    "not a count": (ply(promised=-5), "where a count should stand"),
    "nan": (ply(NAN), "NaN"),
    "no points": (ply(ROWS[:0]), "0 points, fewer than least_points"),
    "one place": (ply(ROWS[:1].repeat(30, 0)), "one place"),
    "no z": (ply(ROWS, ("x", "y", "w", "v")), "no z"),
    "two of a name": (ply(ROWS, ("x", "y", "z", "z")), "one name"),
    "header without end": (b"ply\nformat ascii 1.0\n", "does not end"),
    "words": (b"these are words\nand no points\n", "no point cloud"),
    "empty": (b"", "no point cloud"),
    "broken npy": (b"\x93NUMPY\x01\x00garbage", "cannot be read"),
    "one column": (npy(ROWS[:, 0]), "not numbers"),
    "lying off": (off(promised=9), "9 of face are promised"),
    "huge off": (off(promised=10**9), "too short"),
    "truncated off": (off()[:-20], "promised|triangles"),
    "no area": (off(np.zeros((4, 3))), "no area"),
    "compressed pcd": (pcd(data="binary_compressed"), "write it as ascii or binary"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_is_broken_or_lies_is_unreadable_with_its_reason(what):
    data, reason = BAD[what]
    with pytest.raises(UnreadableItem, match=reason):
        CloudFolder().decode(data)


def test_arrays_that_would_run_code_are_refused():
    import io

    out = io.BytesIO()
    np.save(out, np.array([{}, {}], object), allow_pickle=True)
    with pytest.raises(UnreadableItem, match="cannot be read"):
        CloudFolder().decode(out.getvalue())
