"""An IDX file: its header and its bytes."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.data.idx import parse_idx
from runner.process.errors import InputError


def idx(shape, values, magic=b"\0\0\x08"):
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(values)


def test_an_idx_file_becomes_an_array_of_its_shape():
    np.testing.assert_array_equal(parse_idx(idx((2, 3), range(6)), "file"), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (idx((2, 3), range(5)), "announces 2 x 3 bytes, found 5"),
        (idx((2, 3), range(7)), "announces 2 x 3 bytes, found 7"),
        (idx((2, 3), range(6), magic=b"\0\0\x0d"), "not an IDX file of bytes"),
        (idx((2, 3), [])[:9], "not an IDX file of bytes"),
        (b"", "found nothing"),
    ],
)
def test_an_idx_header_must_agree_with_the_length(content, complaint):
    with pytest.raises(InputError, match=complaint):
        parse_idx(content, "file")


@given(
    dimensions=st.integers(0, 255),
    sizes=st.lists(st.sampled_from([0, 1, 2, 2**16, 2**31, 2**32 - 1]), max_size=70),
    values=st.binary(max_size=8),
)
@example(dimensions=4, sizes=[2**16] * 4, values=b"")  # 2^64 bytes: 0, counted in 64 bits
@example(dimensions=3, sizes=[0, 2**32 - 1, 2**32 - 1], values=b"")
@example(dimensions=70, sizes=[1] * 70, values=b"1")
def test_whatever_an_idx_file_holds_it_is_an_array_or_refused(dimensions, sizes, values):
    header = struct.pack(f">{len(sizes)}I", *sizes)
    content = b"\0\0\x08" + bytes([dimensions]) + header + values
    with contextlib.suppress(InputError):
        array = parse_idx(content, "file")
        assert array.dtype == np.uint8
        assert array.ndim == dimensions
        assert content.endswith(array.tobytes())
