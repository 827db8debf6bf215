"""MXNet works beside the NumPy that is there, and leaves it as it was."""

import gzip
import hashlib
import shutil
import subprocess
import sys
import types

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

from runner import data
from runner.process import InputError
from runner.training import numpy_names

LENT = ("PZERO", "NaN", "alltrue", "trapz", "mirr", "bool")


def answer(code, *options):
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True
    )


def test_numpy_and_the_modules_of_python_are_unchanged_once_mxnet_is_imported():
    code = """
import sys
import numpy as np
before = dict(vars(np))
versions = {name: sys.modules.get(name) for name in ("distutils", "distutils.version")}
import runner.training
import mxnet
added = set(vars(np)) - set(before)
changed = {name for name in before if vars(np)[name] is not before[name]}
print(sorted(name for name in added if name in runner.training.numpy_names._needed()), changed)
print(all(sys.modules.get(name) is module for name, module in versions.items()))
"""
    assert answer(code).stdout.splitlines() == ["[] set()", "True"]


@pytest.mark.slow
def test_what_mxnet_imports_in_vain_is_not_imported_and_can_be_later():
    code = """
import sys
import runner.training
print({"sklearn", "scipy.stats"} & set(sys.modules))
import sklearn
from scipy import stats
print(stats.norm.cdf(0))
"""
    assert answer(code).stdout.splitlines() == ["set()", "0.5"]


def test_an_import_that_fails_leaves_numpy_unchanged_too(monkeypatch):
    monkeypatch.delitem(sys.modules, "mxnet")
    before = dict(vars(np))

    def fail(name):
        assert np.PZERO == 0
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(numpy_names.importlib, "import_module", fail)
    with pytest.raises(InputError, match=r"MXNet cannot be loaded: libgomp\.so\.1.*apt-get"):
        numpy_names.import_mxnet()
    assert dict(vars(np)) == before


def test_importing_mxnet_warns_of_nothing():
    said = answer("import runner.training", "-W", "always::DeprecationWarning:mxnet")
    assert said.stdout == said.stderr == ""


def test_mxnet_s_own_modules_keep_every_name_that_was_lent():
    for module in (mx.ndarray.ndarray.np, mx.numpy.multiarray._np, mx.test_utils.np):
        assert isinstance(module, types.ModuleType)
        assert all(hasattr(module, name) for name in LENT)
        assert module.float32 is np.float32


def test_arrays_draws_and_operations_are_there():
    X = np.random.RandomState(0).rand(3, 4).astype(np.float32)
    np.testing.assert_allclose(nd.dot(nd.array(X), nd.array(X).T).asnumpy(), X @ X.T, rtol=1e-6)
    picked = nd.pick(nd.array(X), nd.array([0, 1, 3]))
    np.testing.assert_array_equal(picked.asnumpy(), X[[0, 1, 2], [0, 1, 3]])
    assert nd.array([2.5]).asscalar() == np.float32(2.5)
    mx.random.seed(2)
    first = mx.random.normal(shape=(2, 5)).asnumpy()
    mx.random.seed(2)
    np.testing.assert_array_equal(nd.random.normal(shape=(2, 5)).asnumpy(), first)


def test_gradients_are_there():
    x = nd.array([1.0, 2.0, 3.0])
    x.attach_grad()
    with autograd.record():
        y = (x**2).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), [2, 4, 6])


def test_symbols_compiled_operations_and_convolutions_are_there():
    twice = nd.CachedOp(2 * mx.sym.var("x"))
    np.testing.assert_array_equal(twice(nd.array([1.0, 2.0])).asnumpy(), [2, 4])
    image, weight = nd.array([[[1.0, 2.0], [3.0, 4.0]]]), nd.array([[[10.0], [100.0]]])
    out = nd.Convolution(image, weight, kernel=(1,), num_filter=1, no_bias=True)
    np.testing.assert_array_equal(out.asnumpy(), [[[310, 420]]])


def test_the_lesson_s_data_set_and_data_loader_read_the_official_files(tmp_path):
    """MXNet's class asks for the earlier upload; told these files' sums, it reads them."""

    class Ours(gluon.data.vision.FashionMNIST):
        def __init__(self, root, train):
            self._train = train
            self._train_data, self._train_label = (with_sum(path) for path in paths[:2])
            self._test_data, self._test_label = (with_sum(path) for path in paths[2:])
            self._namespace = "fashion-mnist"
            super(gluon.data.vision.MNIST, self).__init__(str(root), None)

    def with_sum(path):
        return path.name, hashlib.sha1(path.read_bytes()).hexdigest()

    folder = data.locate()
    paths = []
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        paths.append(tmp_path / f"{part}-ubyte.gz")
        shutil.copy(next(folder.glob(f"{part}-ubyte*")), paths[-1])
    test_set = Ours(tmp_path, train=False)
    images, labels = next(iter(gluon.data.DataLoader(test_set, 100)))
    with gzip.open(paths[2]) as file:
        pixels = np.frombuffer(file.read(16 + 100 * 784)[16:], np.uint8)
    np.testing.assert_array_equal(images.asnumpy().reshape(-1), pixels)
    with gzip.open(paths[3]) as file:
        np.testing.assert_array_equal(labels.asnumpy(), list(file.read(108)[8:]))


def test_mxnet_s_arrays_in_numpy_s_manner_are_there():
    x = mx.np.array([1.0, -2.0, 3.0])
    np.testing.assert_array_equal(x[x > 0].asnumpy(), [1, 3])
    assert bool(mx.np.array(True))
    assert float(mx.np.sum(x)) == 2


@pytest.mark.slow
def test_without_mxnet_a_command_says_what_to_type(folder):
    for words in (["lr=1"], ["-m", "lr=1,0.1"], ["dry_run=true"]):
        code = (
            f"import sys; sys.modules['mxnet'] = None; sys.argv = ['lrstudy', *{words}];"
            "from runner.commands import lrstudy; lrstudy.main()"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.returncode == 2
        assert run.stdout == ""
        assert run.stderr.startswith("lrstudy: MXNet is not installed for ")
        assert "type: pip install --no-deps mxnet==" in run.stderr
        assert run.stderr.count("\n") == 1
