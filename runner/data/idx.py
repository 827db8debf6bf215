"""The IDX file format of MNIST and its successors."""

import struct

import numpy as np
import numpy.typing as npt

from runner.process import InputError


def parse_header(content: bytes, name: str) -> tuple[int, ...]:
    """The shape of the array in an IDX file of bytes; `InputError` if it is none.

    `name` is the file's name, for the message. Source: the description published with the MNIST
    files (LeCun, Cortes, Burges): two zero bytes, the type 8 (unsigned byte), the number of
    dimensions, each size as a big-endian 32-bit integer, then the values.
    """
    dimensions = content[3] if len(content) >= 4 and content[:3] == b"\0\0\x08" else None
    if dimensions is None or len(content) < 4 + 4 * dimensions:
        raise InputError(
            f"{name} is not an IDX file of bytes: expected a header that begins 00 00 08, "
            f"found {content[:4].hex(' ') or 'nothing'}; replace it"
        )
    return struct.unpack_from(f">{dimensions}I", content, 4)


def parse_idx(content: bytes, name: str) -> npt.NDArray[np.uint8]:
    """The array of bytes in an IDX file; `InputError` if header and length disagree."""
    shape = parse_header(content, name)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape))
    try:
        return values.reshape(shape)
    except ValueError as error:
        raise InputError(
            f"{name} has the wrong length: its header announces "
            f"{' x '.join(map(str, shape))} bytes, found {len(values)}; replace it"
        ) from error
