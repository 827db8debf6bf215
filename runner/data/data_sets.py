"""The list of data sets."""

import re
from collections.abc import Iterator

from runner.data.data_set import DataSet
from runner.data.fashion_mnist import FASHION_MNIST
from runner.data.fashion_mnist_2017_08_26 import FASHION_MNIST_2017_08_26
from runner.data.idx_folder import IDX
from runner.data.npz_file import NPZ
from runner.data.own import Format, Opened
from runner.process import InputError

DATA_SETS: dict[str, DataSet | Format] = {
    one.name: one for one in (FASHION_MNIST, FASHION_MNIST_2017_08_26, IDX, NPZ)
}
"""Each data set, and each format of a user's own, by the name that users type.

The first is the default. A data set of a user's own has the name of its format and its digest.
"""


def published() -> Iterator[DataSet]:
    """The data sets whose digests are known."""
    return (one for one in DATA_SETS.values() if isinstance(one, DataSet))


def is_own(name: object) -> bool:
    """Whether this is the name of a user's own data set: its format and 16 digits of its digest."""
    form, _, digest = str(name).partition("-")
    is_format = isinstance(DATA_SETS.get(form), Format)
    return is_format and re.fullmatch("[0-9a-f]{16}", digest) is not None


def choice_of(name: str) -> str:
    """What `data=` must be for the data set of this name."""
    return name.partition("-")[0]


def data_set_of(choice: str, root: str | None) -> DataSet:
    """The data set that `data=CHOICE data.root=ROOT` chooses; one of a user's own is read.

    Raises `InputError` for a user's data that is not there or wrong.
    """
    chosen = DATA_SETS[choice]
    return chosen if isinstance(chosen, DataSet) else chosen.open(root).data_set


def open_own(data_set: DataSet) -> Opened:
    """A user's data set with its splits; `InputError` where it has changed."""
    form = DATA_SETS[choice_of(data_set.name)]
    assert isinstance(form, Format)
    found = form.open(data_set.root)
    if found.data_set != data_set:
        raise InputError(
            f"{data_set.root} must be {data_set.name}, found {found.data_set.name}: its files have "
            "changed; put them back, or start the command again"
        )
    return found
