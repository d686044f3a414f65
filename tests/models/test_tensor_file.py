import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors import SafetensorError
from safetensors.numpy import load, save

from synthgen.models import tensor_file

SOME = st.one_of(
    *(
        arrays_of.arrays(dtype, arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
        for dtype in (np.float32, np.float16, np.int32, np.uint8, np.int64, np.bool_)
    )
)


@given(
    st.dictionaries(st.text(min_size=1, max_size=5).filter(lambda n: n != "__metadata__"), SOME, max_size=4)
)
def test_arrays_come_back_as_they_were_and_the_library_reads_them_too(arrays):
    data = tensor_file.encode(arrays, {"says": "ünï <b>", "a": "1"})
    back, notes = tensor_file.decode(data)
    assert notes == {"says": "ünï <b>", "a": "1"}
    for held in (back, load(data)):
        assert set(held) == set(arrays)
        for name, array in arrays.items():
            assert held[name].dtype == array.dtype
            assert held[name].shape == array.shape
            assert held[name].tobytes() == array.tobytes()


def test_the_same_arrays_in_another_order_are_the_same_bytes():
    a, b = np.arange(5, dtype=np.float32), np.ones((2, 3), np.uint8)
    one = tensor_file.encode({"a": a, "b": b}, {"x": "1", "y": "2"})
    assert one == tensor_file.encode({"b": b, "a": np.asfortranarray(a)}, {"y": "2", "x": "1"})


def test_a_file_of_the_library_is_read():
    arrays, _ = tensor_file.decode(save({"points": np.eye(3, dtype=np.float32)}))
    np.testing.assert_array_equal(arrays["points"], np.eye(3))


def test_what_is_cut_short_or_lies_is_refused_in_words():
    whole = tensor_file.encode({"points": np.zeros((50, 3), np.float32)}, {})
    lies = whole.replace(b"[50,3]", b"[99,3]")
    for data in (b"", whole[:5], whole[:40], whole[:-1], lies, b"\xff" * 64, whole.replace(b"F32", b"F99")):
        with pytest.raises(ValueError, match="fit|read"):
            tensor_file.decode(data)
        with pytest.raises(SafetensorError):
            load(data)
