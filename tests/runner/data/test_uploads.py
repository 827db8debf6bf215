"""The two uploads of Fashion-MNIST: told apart by their digests."""

import hashlib
import inspect
import re
import shutil

import mxnet as mx
import pytest

from runner import data
from runner.data import FASHION_MNIST, FASHION_MNIST_2017_08_26
from runner.process import InputError


def test_the_earlier_upload_is_the_one_that_mxnet_downloads():
    source = inspect.getsource(mx.gluon.data.vision.FashionMNIST)
    pairs = re.findall(r"\('([\w-]+\.gz)',\s*'([0-9a-f]{40})'\)", source)
    assert dict(pairs) == dict(FASHION_MNIST_2017_08_26.digests)


def test_files_of_the_other_upload_are_recognised_and_their_key_is_told(tmp_path, monkeypatch):
    folder = shutil.copytree(data.locate(), tmp_path / "data")
    name = "train-images-idx3-ubyte.gz"
    content = b"the earlier images"
    (folder / name).write_bytes(content)
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    monkeypatch.setitem(FASHION_MNIST_2017_08_26.digests, name, digest)
    with pytest.raises(InputError) as caught:
        data.load(str(folder), FASHION_MNIST)
    assert str(caught.value) == (
        f"{folder / name} is the file of Fashion-MNIST of 26 August 2017, not of Fashion-MNIST; "
        "train on it with data=fashion_mnist_2017_08_26"
    )


def test_a_damaged_file_of_the_earlier_upload_is_told_by_its_sha_1(tmp_path):
    folder = shutil.copytree(data.locate(), tmp_path / "data")
    (folder / "train-images-idx3-ubyte.gz").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"truncated or altered: expected SHA-1 0cf37b0d"):
        data.load(str(folder), FASHION_MNIST_2017_08_26)
