"""A user's own data: read as stored, or refused in one line that says what was expected."""

import contextlib
import hashlib
import io
import pickle
import re
import struct
import tracemalloc
import zipfile
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.own_data import NAMES, idx_files, made_up, write_idx, write_npz

from runner import data
from runner.data import data_set_of, own
from runner.process import InputError

IMAGES, LABELS = made_up()["train"]
TRAIN = "train-images-idx3-ubyte"


def refusal(choice, root):
    with pytest.raises(InputError) as caught:
        data_set_of(choice, None if root is None else str(root))
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("form", ["idx", "packed", "npz"])
def test_images_labels_and_sizes_are_those_of_the_files(tmp_path, form):
    if form == "npz":
        data_set = data_set_of("npz", str(write_npz(tmp_path / "mine.npz")))
    else:
        data_set = data_set_of("idx", str(write_idx(tmp_path / "mine", packed=form == "packed")))
    assert data_set.examples == {"train": 300, "test": 90}
    assert (data_set.shape, data_set.weights_shape) == ((5, 7), (35, 3))
    assert data_set.labels == ("0", "1", "2")
    for split, (images, labels) in zip(data.load(None, data_set), made_up().values(), strict=True):
        assert split.images.dtype == split.labels.dtype == np.float32
        np.testing.assert_array_equal(split.images, images.astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(split.labels, labels)


def test_the_digest_is_of_what_the_files_hold_packed_or_not(tmp_path):
    plain = data_set_of("idx", str(write_idx(tmp_path / "plain")))
    packed = data_set_of("idx", str(write_idx(tmp_path / "packed", packed=True)))
    named = data_set_of("idx", str(write_idx(tmp_path / "named", names=NAMES)))
    digests = {name: hashlib.sha256(one).hexdigest() for name, one in idx_files().items()}
    assert plain.digests == packed.digests == digests
    whole = hashlib.sha256("".join(digests.values()).encode()).hexdigest()
    assert plain.name == packed.name == f"idx-{whole[:16]}"
    assert named.labels == NAMES
    assert named.name != plain.name


def test_a_file_that_changes_is_read_again(tmp_path):
    path = write_npz(tmp_path / "mine.npz")
    before = data_set_of("npz", str(path))
    write_npz(path, train_labels=LABELS[::-1])
    assert data_set_of("npz", str(path)).name != before.name
    with pytest.raises(InputError, match="its files have changed"):
        data.load(None, before)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_taken_as_they_are(tmp_path, dtype):
    images = (IMAGES.astype(dtype) - 60) / 8
    data_set = data_set_of("npz", str(write_npz(tmp_path / "mine.npz", train_images=images)))
    train_split, _ = data.load(None, data_set)
    np.testing.assert_array_equal(train_split.images, images.astype(np.float32))


def test_an_array_stored_by_columns_is_the_same_data(tmp_path):
    root = write_npz(tmp_path / "mine.npz", train_images=np.asfortranarray(IMAGES))
    train_split, _ = data.load(None, data_set_of("npz", str(root)))
    np.testing.assert_array_equal(train_split.images, IMAGES.astype(np.float32) / np.float32(255))


BAD_ARRAYS = {
    "no_array": ({"test_labels": None}, "must hold the array test_labels, found test_images,"),
    "pickled": (
        {"train_labels": np.array([[1], [2, 3]], object)},
        "train_labels of {} must be numbers, found object; .*no pickle is loaded",
    ),
    "text": ({"train_labels": LABELS.astype(str)}, "must be numbers, found <U3"),
    "integers": ({"train_images": IMAGES.astype(int)}, r"bytes \(uint8\) or floats, found int64"),
    "flat": (
        {"test_images": made_up()["test"][0].reshape(90, 35)},
        r"test_images of {} must be images \(examples, height, width\).*found an array of 90 x 35",
    ),
    "none": (
        {"test_images": np.zeros((0, 5, 7), np.uint8), "test_labels": np.zeros(0, int)},
        "found an array of 0 x 5 x 7",
    ),
    "count": ({"train_labels": LABELS[1:]}, "a label for each of 300 images, found 299"),
    "float_labels": ({"train_labels": LABELS / 2}, r"must be whole numbers.*found float64"),
    "negative": ({"train_labels": LABELS.astype(int) - 1}, "must be numbers from 0 on, found -1"),
    "size": (
        {"test_images": np.zeros((90, 7, 5), np.uint8)},
        "test_images of {} must have images of 5 x 7 pixels .*found 7 x 5",
    ),
    "one_class": (
        {"train_labels": LABELS * 0, "test_labels": np.zeros(90, int)},
        "2 to 256 classes .*found 1 classes",
    ),
    "classes": ({"train_labels": LABELS.astype(int) + 254}, "2 to 256 classes .*found 257 classes"),
    "far": ({"train_labels": LABELS.astype(np.uint64) + 2**63}, "2 to 256 classes"),
    "nan": (
        {"train_images": np.where(np.arange(10500).reshape(IMAGES.shape) == 9, np.nan, IMAGES)},
        r"finite numbers that float32 can hold, found nan at \[0, 1, 2\]",
    ),
    "overflow": ({"train_images": IMAGES * 1e300}, "finite numbers that float32 can hold, found"),
}


@pytest.mark.parametrize(("changes", "complaint"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_an_array_that_cannot_be_trained_on_is_told_with_what_was_expected(
    tmp_path, changes, complaint
):
    root = write_npz(tmp_path / "mine.npz", **changes)
    line = refusal("npz", root)
    assert re.search(complaint.format(root), line), line


def test_a_pickle_is_never_loaded(tmp_path):
    class Fatal:
        def __reduce__(self):
            return pytest.exit, ("a pickle was loaded",)

    root = tmp_path / "mine.npz"
    root.write_bytes(pickle.dumps(Fatal()))
    assert "must be a file of numpy.savez" in refusal("npz", root)
    write_npz(root, train_images=np.array([Fatal()], object))
    assert "no pickle is loaded" in refusal("npz", root)


def test_what_is_not_there_or_not_such_a_file_is_told(tmp_path):
    root = tmp_path / "mine.npz"
    assert f"{root} is not a file: data.root must be a file of numpy.savez" in refusal("npz", root)
    assert f"{tmp_path} is not a file" in refusal("npz", tmp_path)
    assert f"{root} is not a folder" in refusal("idx", root)
    assert "data=idx needs data.root: a folder with four IDX files, got null" in refusal(
        "idx", None
    )
    root.write_bytes(b"PK\3\4 and no more")
    assert f"{root} must be a file of numpy.savez, but cannot be" in refusal("npz", root)


def written_header(shape, dtype="|u1"):
    """A .npy file of such a header and no more."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()


def test_no_memory_is_taken_for_what_a_header_only_announces(tmp_path):
    npz = write_npz(tmp_path / "mine.npz", train_images=None)
    with zipfile.ZipFile(npz, "a") as archive:
        archive.writestr("train_images.npy", written_header((2**20, 2**10, 2**10)))
    folder = write_idx(tmp_path / "mine")
    (folder / TRAIN).write_bytes(b"\0\0\x08\3" + struct.pack(">3I", 2**30, 2**10, 2**10))
    tracemalloc.start()
    assert f"train_images of {npz} is too large: expected at most" in refusal("npz", npz)
    assert f"{folder / TRAIN} is too large: expected at most" in refusal("idx", folder)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_file_that_unpacks_to_more_than_the_memory_is_not_unpacked(tmp_path):
    npz = write_npz(tmp_path / "mine.npz")
    with patch.object(own, "MOST_NUMBERS", 9000):
        assert "too large: expected at most 9000 numbers" in refusal("npz", npz)
        assert ", found 10500 numbers" in refusal("idx", write_idx(tmp_path / "mine", packed=True))


BAD_FILES = {
    "missing": (TRAIN, None, f"must hold {TRAIN} or {TRAIN}.gz, found neither"),
    "twice": (f"{TRAIN}.gz", b"", f"must hold {TRAIN} or {TRAIN}.gz, found both"),
    "empty": (TRAIN, b"", "not an IDX file of bytes: .*found nothing"),
    "floats": (TRAIN, b"\0\0\x0d\1\0\0\0\0", "expected a header that begins 00 00 08, found"),
    "short": (TRAIN, idx_files()[TRAIN][:-1], "announces 300 x 5 x 7 bytes, found 10499"),
    "long": (TRAIN, idx_files()[TRAIN] + b"1", "announces 300 x 5 x 7 bytes, found 10501"),
    "labels": (TRAIN, idx_files()["train-labels-idx1-ubyte"], "must be images"),
    "few_names": ("labels.txt", b"left\nright\n", "from 0 to 1, one for each name, found 2"),
    "one_name_twice": ("labels.txt", b"left\nright\nleft", "found left for classes 0 and 2"),
    "no_name": ("labels.txt", b"left\n\nright", "found '' for class 1"),
    "no_text": ("labels.txt", b"\xff\xfe", "must be a text in UTF-8"),
    "formula": ("labels.txt", b"left\n$x$\nright", r"found '\$x\$' for class 1"),
}


@pytest.mark.parametrize(("name", "content", "complaint"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_idx_file_is_told_with_what_was_expected(tmp_path, name, content, complaint):
    folder = write_idx(tmp_path / "mine")
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    line = refusal("idx", folder)
    assert re.search(complaint, line), line
    assert str(folder) in line


def test_a_damaged_packed_file_is_told(tmp_path):
    folder = write_idx(tmp_path / "mine", packed=True)
    path = folder / f"{TRAIN}.gz"
    path.write_bytes(path.read_bytes()[:100])
    assert f"{path} cannot be read: " in refusal("idx", folder)


WHOLE = io.BytesIO()
write_npz(WHOLE)


@settings(max_examples=200)
@given(
    place=st.integers(0, len(WHOLE.getvalue()) - 1),
    new=st.binary(min_size=1, max_size=30),
    end=st.integers(0, 40),
)
def test_whatever_an_npz_file_holds_it_is_data_or_refused(tmp_path_factory, place, new, end):
    content = bytearray(WHOLE.getvalue())
    content[place : place + len(new)] = new
    root = tmp_path_factory.getbasetemp() / "any.npz"
    root.write_bytes(content[: len(content) - end])
    with contextlib.suppress(InputError):
        assert data_set_of("npz", str(root)).weights_shape[1] >= 2
