"""Fashion-MNIST is found where it is, and verified."""

import gzip
import hashlib

import numpy as np
import pytest

from runner.data import FASHION_MNIST, files
from runner.process.errors import InputError

IMAGES, LABELS = FASHION_MNIST.files["test"]


def put_files(official, folder):
    folder.mkdir(parents=True)
    for name in FASHION_MNIST.digests:
        (folder / name).symlink_to(official / name)


def test_images_are_float32_from_0_to_1_and_labels_float32(splits):
    for split, count in zip(splits, (60_000, 10_000), strict=True):
        assert split.images.shape == (count, 28, 28)
        assert split.images.dtype == split.labels.dtype == np.float32
        assert (split.images.min(), split.images.max()) == (0, 1)
        np.testing.assert_array_equal(np.bincount(split.labels.astype(int)), [count // 10] * 10)


def test_the_official_file_s_first_training_label_is_9_an_ankle_boot(splits):
    assert FASHION_MNIST.labels[int(splits[0].labels[0])] == "ankle boot"


def test_pixels_are_the_bytes_divided_by_255(splits, official):
    content = gzip.decompress((official / IMAGES).read_bytes())
    pixels = np.frombuffer(content, np.uint8)[16:].reshape(-1, 28, 28)
    np.testing.assert_array_equal(splits[1].images, pixels.astype(np.float32) / np.float32(255))


def test_the_cache_folder_comes_before_debian_s_and_root_before_both(cache, official, tmp_path):
    assert files.locate() is None
    put_files(official, FASHION_MNIST.debian_folder)
    assert files.locate() == FASHION_MNIST.debian_folder
    put_files(official, cache)
    assert files.locate() == cache
    root = tmp_path / "root"
    put_files(official, root)
    assert files.locate(str(root)) == root


def test_a_root_that_lacks_a_file_is_not_searched_past(cache, official, tmp_path):
    put_files(official, cache)
    root = tmp_path / "root"
    put_files(official, root)
    (root / LABELS).unlink()
    with pytest.raises(InputError, match=f"{root / LABELS} is missing: .*copy it there"):
        files.locate(str(root))


def test_without_files_load_says_how_to_fetch_and_does_not(cache):
    with pytest.raises(InputError, match=r"not found in .*; run 'python -m runner.data'"):
        files.load()
    assert not cache.exists()


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_file_is_named_with_what_was_expected_and_found(official, tmp_path, damage):
    content = bytearray((official / LABELS).read_bytes())
    if damage == "truncated":
        del content[-100:]
    else:
        content[-100] ^= 1
    root = tmp_path / "root"
    put_files(official, root)
    (root / LABELS).unlink()
    (root / LABELS).write_bytes(content)
    with pytest.raises(InputError) as caught:
        files.load(str(root))
    line = str(caught.value)
    assert "\n" not in line
    for part in (root / LABELS, FASHION_MNIST.digests[LABELS], hashlib.sha256(content).hexdigest()):
        assert str(part) in line
    assert "replace it with the official file" in line


def test_a_damaged_file_in_the_cache_is_to_be_deleted(cache, official):
    put_files(official, cache)
    (cache / LABELS).unlink()
    (cache / LABELS).write_bytes(b"")
    with pytest.raises(InputError, match=r"delete t10k-labels-idx1-ubyte.gz there"):
        files.load()


def test_what_is_read_ahead_is_read_once_and_an_error_is_left_to_load(
    official, tmp_path, monkeypatch
):
    verified, verify = [], files.verify
    monkeypatch.setattr(files, "verify", lambda path, *_: verified.append(path) or verify(path, *_))
    root = tmp_path / "root"
    put_files(official, root)
    ahead = files.read_ahead(str(root), FASHION_MNIST)
    train_split, test_split = files.load(str(root))
    assert (len(train_split.labels), len(test_split.labels)) == (60_000, 10_000)
    ahead.join()
    assert sorted(path.name for path in verified) == sorted(FASHION_MNIST.digests)
    twin = tmp_path / "twin"
    put_files(official, twin)
    files.read_ahead(str(twin), FASHION_MNIST).join()
    assert sum(path.parent == twin for path in verified) == len(FASHION_MNIST.digests)
    lacking = tmp_path / "lacking"
    put_files(official, lacking)
    (lacking / LABELS).unlink()
    files.read_ahead(str(lacking), FASHION_MNIST)
    with pytest.raises(InputError, match="is missing"):
        files.load(str(lacking))
