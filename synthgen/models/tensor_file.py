"""Named arrays as the bytes of one safetensors file that repeat: the same arrays and notes, the same bytes.

The library's own writer puts its notes in an order that changes from process to process.
Source: the safetensors format (8 bytes of header length, a JSON header, the arrays one after the other).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

MEDIA_TYPE = "application/vnd.safetensors"
SUFFIX = ".safetensors"
TYPES = {
    "<f4": "F32", "<f2": "F16", "<f8": "F64", "|u1": "U8", "|i1": "I8", "<u2": "U16", "<i2": "I16",
    "<u4": "U32", "<i4": "I32", "<u8": "U64", "<i8": "I64", "|b1": "BOOL",
}  # fmt: skip
ALIGNED = 8
MOST_HEADER = 1 << 20


def encode(arrays: Mapping[str, np.ndarray], notes: Mapping[str, str]) -> bytes:
    """The file of little-endian arrays; `notes` stand in its metadata."""
    header: dict[str, Any] = {"__metadata__": dict(sorted(notes.items()))} if notes else {}
    blocks, end = [], 0
    # Wide types first, so that each array starts at a multiple of its own width.
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])):
        block = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        header[name] = {
            "dtype": TYPES[array.dtype.newbyteorder("<").str],
            "shape": list(array.shape),
            "data_offsets": [end, end + len(block)],
        }
        blocks.append(block)
        end += len(block)
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    head += b" " * (-len(head) % ALIGNED)
    return b"".join([len(head).to_bytes(8, "little"), head, *blocks])


def decode(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays, not to be written to, and the notes. Raises ValueError where the bytes are no such file."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= size <= min(MOST_HEADER, len(data) - 8):
        raise ValueError("this is no safetensors file: the length of its header does not fit the file")
    try:
        header = json.loads(data[8 : 8 + size])
        notes = header.pop("__metadata__", {})
        arrays = {name: _array(said, data, 8 + size) for name, said in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no safetensors file: its header cannot be read ({error})") from None
    return arrays, {str(key): str(value) for key, value in notes.items()}


def _array(said: Mapping[str, Any], data: bytes, start: int) -> np.ndarray:
    types = {short: numpy for numpy, short in TYPES.items()}
    dtype, shape = np.dtype(types[said["dtype"]]), tuple(int(n) for n in said["shape"])
    low, high = said["data_offsets"]
    count = int(np.prod(shape, dtype=np.int64))
    if (
        min(shape, default=0) < 0
        or high - low != count * dtype.itemsize
        or not 0 <= low <= high <= len(data) - start
    ):
        raise ValueError(f"an array of shape {list(shape)} does not fit its place")
    return np.frombuffer(data, dtype, count, start + low).reshape(shape)
