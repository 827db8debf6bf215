"""An IDX file: its header and its bytes."""

import struct

import numpy as np
import pytest

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
