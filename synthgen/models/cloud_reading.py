"""Point clouds and meshes from the bytes of PLY, PCD, XYZ, PTS, NPY, OFF, OBJ and STL files, told by their content.

Libraries take a truncated file for a small one and a missing field for zeros; here sizes are held against headers.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen.models.mesh import Mesh, mesh_of, mesh_suffix
from synthgen.models.point_cloud import NORMAL, Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLY_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
    "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
    "float32": "f4", "float64": "f8",
}  # fmt: skip
TRIPLES = {
    "velocity": [("vx", "vy", "vz"), ("velocity_x", "velocity_y", "velocity_z")],
    NORMAL: [("nx", "ny", "nz"), ("normal_x", "normal_y", "normal_z")],
}
MOST_HEADER = 64 * 1024


class Table(NamedTuple):
    """Columns (n,) by name."""

    columns: Mapping[str, np.ndarray]


def read(data: bytes, most_points: int) -> Cloud | Mesh:
    """What a file holds. Raises ValueError with the reason where it is none of the kinds, or lies about itself."""
    head = data[:MOST_HEADER]
    if head.startswith(b"ply"):
        return _of_ply(data, most_points)
    if head.startswith(b"\x93NUMPY"):
        return _of_npy(data)
    if b"\nFIELDS " in head[:2000] and b"\nDATA " in head:
        return cloud_of(_pcd(data, most_points))
    if suffix := mesh_suffix(data):
        return mesh_of(data, suffix)
    if b"__metadata__" in head or b'"points"' in head[:4000]:
        from synthgen.models import cloud_file

        return cloud_file.decode(data)
    return _of_text(data, most_points)


def cloud_of(table: Table) -> Cloud:
    """A cloud of the columns x, y, z and what else there is. Raises ValueError where one of the three is missing."""
    columns = {name.lower(): values for name, values in table.columns.items()}
    if missing := [axis for axis in "xyz" if axis not in columns]:
        raise ValueError(f"its points have no {', '.join(missing)}")
    points = np.stack([columns.pop(axis) for axis in "xyz"], 1).astype(np.float32)
    vectors = {}
    for name, choices in TRIPLES.items():
        for triple in choices:
            if all(part in columns for part in triple):
                vectors[name] = np.stack([columns.pop(part) for part in triple], 1).astype(np.float32)
    scalars = {}
    for name, values in columns.items():
        kept = values.astype(np.float32)
        scalars[name] = kept / 255 if values.dtype == np.uint8 and name in ("red", "green", "blue") else kept
    return Cloud(points, scalars, vectors)


def _of_ply(data: bytes, most_points: int) -> Cloud | Mesh:
    end = data.find(b"end_header")
    if end < 0 or end > MOST_HEADER:
        raise ValueError("its PLY header does not end")
    start = data.index(b"\n", end) + 1 if b"\n" in data[end : end + 16] else len(data)
    kind, elements = "", list[tuple[str, int, list[list[str]]]]()
    for line in data[:end].decode("ascii", "replace").splitlines():
        match line.split():
            case ["format", said, *_]:
                kind = said
            case ["element", name, count]:
                elements.append((name, _count(count, most_points), []))
            case ["property", *rest] if elements:
                elements[-1][2].append(rest)
    if not elements or elements[0][0] != "vertex":
        raise ValueError("its PLY header names no vertices first")
    if any(name == "face" and count for name, count, _ in elements):
        return mesh_of(data, ".ply", expected={name: count for name, count, _ in elements})
    _, n, properties = elements[0]
    if any(p[0] not in PLY_TYPES or len(p) != 2 for p in properties):
        raise ValueError("its PLY vertices have properties that are no numbers")
    if kind == "ascii":
        rows = _numbers(data[start:], n, len(properties), "its PLY header")
        return cloud_of(Table({p[1]: rows[:, i].astype(PLY_TYPES[p[0]]) for i, p in enumerate(properties)}))
    order = {"binary_little_endian": "<", "binary_big_endian": ">"}.get(kind)
    if order is None:
        raise ValueError(f"its PLY format {kind!r} is not known")
    return cloud_of(_records(data[start:], n, [(p[1], order + PLY_TYPES[p[0]]) for p in properties]))


def _records(data: bytes, n: int, types: list[tuple[str, str]]) -> Table:
    if len({name for name, _ in types}) < len(types):
        raise ValueError("two of its columns have one name")
    record = np.dtype(types)
    if len(data) < n * record.itemsize:
        raise ValueError(
            f"it is cut short: {n:,} points are promised, {len(data) // record.itemsize:,} are there"
        )
    rows = np.frombuffer(data, record, n)
    return Table({name: rows[name] for name, _ in types})


def _pcd(data: bytes, most_points: int) -> Table:
    end = data.index(b"\nDATA ") + 1
    start = data.find(b"\n", end) + 1
    said = {}
    for line in data[:start].decode("ascii", "replace").splitlines():
        key, _, rest = line.partition(" ")
        said[key] = rest.split()
    try:
        names, sizes, kinds = said["FIELDS"], said["SIZE"], said["TYPE"]
        counts = [int(c) for c in said.get("COUNT", ["1"] * len(names))]
        n = _count(said["POINTS"][0], most_points)
        types = [(a, f"<{k.lower()}{s}") for a, k, s in zip(names, kinds, sizes, strict=True)]
    except (KeyError, ValueError, IndexError) as error:
        raise ValueError(f"its PCD header cannot be read: {error}") from None
    if any(c != 1 for c in counts):
        raise ValueError("its PCD points have fields of several numbers, which are not read")
    match said["DATA"]:
        case ["ascii"]:
            rows = _numbers(data[start:], n, len(names), "its PCD header")
            return Table({name: rows[:, i] for i, name in enumerate(names)})
        case ["binary"]:
            return _records(data[start:], n, types)
    raise ValueError(f"its PCD data are {' '.join(said['DATA'])}: write it as ascii or binary")


def _of_npy(data: bytes) -> Cloud:
    try:
        rows = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"its NPY array cannot be read: {error}") from None
    if rows.dtype.names:
        return cloud_of(Table({name: rows[name] for name in rows.dtype.names}))
    if rows.ndim != 2 or rows.shape[1] < 3 or rows.dtype.kind not in "fiu":
        raise ValueError(
            f"its NPY array is {rows.dtype} {list(rows.shape)}, not numbers (n, 3) or more columns"
        )
    return cloud_of(_table(rows))


def _of_text(data: bytes, most_points: int) -> Cloud:
    lines = data.splitlines()
    first = lines[0].split() if lines else []
    if len(first) == 1 and first[0].isdigit():  # PTS
        n, rest = _count(first[0].decode(), most_points), b"\n".join(lines[1:])
        width = len(lines[1].split()) if len(lines) > 1 else 0
        return cloud_of(_table(_numbers(rest, n, width, "its first line")))
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith((b"#", b"//"))]
    if len(filled) > most_points:
        raise ValueError(f"it has {len(filled):,} points, more than max_points = {most_points:,}")
    width = len(filled[0].replace(b",", b" ").split()) if filled else 0
    return cloud_of(_table(_numbers(b"\n".join(filled).replace(b",", b" "), len(filled), width, "its lines")))


def _table(rows: np.ndarray) -> Table:
    """Columns as XYZ and PTS files have them: x y z, then an intensity, colours, or both; else numbered."""
    more = {4: ["intensity"], 6: ["red", "green", "blue"], 7: ["intensity", "red", "green", "blue"]}
    width = rows.shape[1]
    names = ["x", "y", "z", *more.get(width, [f"column {i}" for i in range(4, width + 1)])]
    table = {name: rows[:, i] for i, name in enumerate(names)}
    colours = [table[c] for c in ("red", "green", "blue") if c in table]
    if colours and max(float(c.max(initial=0)) for c in colours) > 1:
        table |= {c: table[c].astype(np.uint8) for c in ("red", "green", "blue")}
    return Table(table)


def _numbers(data: bytes, n: int, width: int, who: str) -> NDArray[np.float64]:
    """Rows of numbers, exactly as many as are promised."""
    if width < 3:
        raise ValueError("this is no point cloud and no mesh of a kind that is read")
    try:
        numbers = np.array(data.split(), np.float64)
    except ValueError:
        raise ValueError("this is no point cloud and no mesh of a kind that is read") from None
    if len(numbers) != n * width:
        raise ValueError(
            f"{who} promises {n:,} points of {width} numbers, {len(numbers):,} numbers are there"
        )
    return numbers.reshape(n, width)


def _count(said: str, most: int) -> int:
    count = int(said) if said.isdigit() else -1
    if count < 0:
        raise ValueError(f"its header says {said!r} where a count should stand")
    if count > most:
        raise ValueError(f"it has {count:,} points, more than max_points = {most:,}")
    return count


def without(cloud: Cloud, kept: tuple[str, ...] | None) -> Cloud:
    """The cloud with only the named fields, or with all."""
    if kept is None:
        return cloud
    return replace(
        cloud,
        scalars={name: v for name, v in cloud.scalars.items() if name in kept},
        vectors={name: v for name, v in cloud.vectors.items() if name in kept},
    )
