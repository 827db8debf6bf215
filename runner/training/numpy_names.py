"""MXNet 1.9.1 beside any NumPy from 1.23 to 2: it is lent the names that it needs.

MXNet's library does not care which Python or NumPy is there. Its Python modules do: while they
are imported they look up names that NumPy has dropped since, and fail at the first. So for the
time of the import NumPy has them again, each only where it is missing:

- `bool`, gone from 1.24 and back in 2.0;
- the constants `PZERO`, `NZERO`, `NINF`, `PINF`, `NAN`, `NaN` and `Inf`, gone from 2.0;
- the functions `alltrue`, `product`, `round_`, `sometrue`, `in1d`, `msort`, `row_stack` and
  `trapz`, which are `all`, `prod`, `round`, `any`, `isin`, `sort`, `vstack` and `trapezoid` now;
- `mirr`, `npv`, `pmt`, `ppmt`, `pv` and `rate`, which moved to another package in 1.20. MXNet
  names them in a list and calls none; called, ours say that NumPy has no such function.

It also asks `distutils.version`, which Python 3.12 dropped, for NumPy's version; `packaging`
answers. Scikit-learn (which MLflow installs) and `scipy.stats` it takes where they are there, for
what this program does not use: they are hidden from it, because they take longer than the rest.

All is taken back when the import is over: other code sees NumPy as it was. MXNet keeps what it
took, and where it looks a name up later, in its modules' own `numpy`, that is a copy which keeps
the names. Their `scipy.sparse` is such a copy too: whenever an array is made they ask it for
`csr.csr_matrix`, of which SciPy warns.
"""

import importlib
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
import scipy.sparse
from packaging.version import Version

from runner.process import InputError, mxnet_kernel, require_mxnet

FUNCTIONS = {
    "alltrue": "all",
    "product": "prod",
    "round_": "round",
    "sometrue": "any",
    "in1d": "isin",
    "row_stack": "vstack",
    "trapz": "trapezoid",
}

HIDDEN = dict.fromkeys(("sklearn", "scipy.stats"))

FINANCIAL = ("mirr", "npv", "pmt", "ppmt", "pv", "rate")


def import_mxnet() -> None:
    """Import MXNet, without a warning of its own.

    Raises `InputError` where MXNet or a library that it needs is missing.
    """
    if "mxnet" in sys.modules:
        return
    require_mxnet()
    with (
        warnings.catch_warnings(),
        mxnet_kernel(),
        _lent_names() as names,
        _lent_version(),
        _modules(HIDDEN),
    ):
        warnings.simplefilter("ignore")
        try:
            importlib.import_module("mxnet")
        except OSError as error:
            raise InputError(
                f"MXNet cannot be loaded: {error}; install the library "
                "(Debian: apt-get install libgomp1 libquadmath0)"
            ) from error
        _keep(names)


@contextmanager
def _lent_names() -> Iterator[dict[str, Any]]:
    """Give NumPy the names that it lacks, and take them back."""
    names = {name: value for name, value in _needed().items() if name not in vars(np)}
    vars(np).update(names)
    try:
        yield names
    finally:
        for name in names:
            delattr(np, name)


def _needed() -> dict[str, Any]:
    return {
        "bool": np.bool_,
        "PZERO": 0.0,
        "NZERO": -0.0,
        "NINF": -np.inf,
        "PINF": np.inf,
        "NAN": np.nan,
        "NaN": np.nan,
        "Inf": np.inf,
        "msort": lambda a: np.sort(a, axis=0),
        **{old: vars(np)[new] for old, new in FUNCTIONS.items() if new in vars(np)},
        **{name: _gone(name) for name in FINANCIAL},
    }


def _gone(name: str) -> Callable[..., NoReturn]:
    def call(*_: object, **__: object) -> NoReturn:
        raise NotImplementedError(f"NumPy {np.__version__} has no function {name}")

    return call


@contextmanager
def _lent_version() -> Iterator[None]:
    """Let `distutils.version` be what MXNet asks of it, and put back what was there."""
    package, module = types.ModuleType("distutils"), types.ModuleType("distutils.version")
    vars(module).update(LooseVersion=Version, StrictVersion=Version)
    vars(package).update(version=module)
    with _modules({"distutils": package, "distutils.version": module}):
        yield


@contextmanager
def _modules(lent: Mapping[str, types.ModuleType | None]) -> Iterator[None]:
    """Let these be the imported modules of their names, None one that is not found; put back."""
    before = {name: sys.modules[name] for name in lent if name in sys.modules}
    sys.modules.update(lent)  # type: ignore[arg-type]  # None: see the documentation of sys.modules
    try:
        yield
    finally:
        for name in lent:
            del sys.modules[name]
        sys.modules.update(before)


def _keep(names: dict[str, Any]) -> None:
    """Let MXNet's modules see NumPy with these names for good: some look them up when called."""
    csr = types.SimpleNamespace(csr_matrix=scipy.sparse.csr_matrix)
    seen = {id(np): _with(np, names), id(scipy.sparse): _with(scipy.sparse, {"csr": csr})}
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] == "mxnet":
            for name, value in list(vars(module).items()):
                if id(value) in seen:
                    setattr(module, name, seen[id(value)])


def _with(module: types.ModuleType, names: dict[str, Any]) -> types.ModuleType:
    """A copy of a module that has these names too."""
    copy = types.ModuleType(module.__name__, module.__doc__)
    vars(copy).update(vars(module), **names)
    return copy
