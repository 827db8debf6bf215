"""The lesson's checks: what the article prints beside what comes out here."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.printed import (
    FIRST_LABELS,
    LEARNED,
    OWN_SEED,
    PRINTED,
    RATES,
    SOFTMAX,
    UNTRAINED,
    load_published,
    own_orders,
)
from analysis.reading import load_parameters
from analysis.statistics import FEWEST, Floats, normal_prediction_interval
from runner.data import FASHION_MNIST_2017_08_26, DataSet, Split
from runner.draws import MACOS, Generators, initial_parameters
from runner.process import InputError

EQUAL = "equal to the printed digit"
ROUNDED = "equal except in the last place of float32"
EXPLAINED = "within what the order of the examples explains"
NOT = "not"

NAMES = dict(zip(PRINTED, ("loss", "train accuracy", "test accuracy"), strict=True))


@dataclass(frozen=True)
class Check:
    """One of the lesson's checks: texts of what was printed and what came out, and a verdict."""

    what: str
    printed: str
    here: str
    verdict: str


def checks_of_draws() -> Iterator[Check]:
    """The softmax of the random matrix: by the parameters alone."""
    generators = Generators(MACOS, OWN_SEED)
    for shape in ((784, 10), (10,)):  # W and b, which the article drew before
        generators.normal(shape)
    exp = np.exp(generators.normal((2, 5)))
    softmax = exp / exp.sum(axis=1, keepdims=True)
    printed = np.array(SOFTMAX, np.float32)
    far = np.abs(softmax - printed) / np.spacing(printed)
    for number, row in enumerate(SOFTMAX):
        same = far[number].max() <= 2  # the exponential, the sum and the quotient are rounded
        yield Check(
            f"softmax of a random matrix, row {number + 1}",
            _numbers(row, 8),
            _numbers(softmax[number], 8),
            (EQUAL if not far[number].any() else ROUNDED) if same else NOT,
        )


def checks_of_data(data_set: DataSet, train_split: Split, test_split: Split) -> Iterator[Check]:
    """The first nine labels of each split, and the accuracy of the untrained model."""
    other = "" if data_set is FASHION_MNIST_2017_08_26 else f": this is {data_set.title}"
    for split, of_split in (("train", train_split), ("test", test_split)):
        first = tuple(int(label) for label in of_split.labels[:9])
        yield Check(
            f"first nine {'training' if split == 'train' else 'test'} labels",
            _labels(FIRST_LABELS[split], data_set),
            _labels(first, data_set),
            EQUAL if first == FIRST_LABELS[split] else f"{NOT}{other}",
        )
    W, b = initial_parameters(MACOS, OWN_SEED, 1.0)
    hits = (_flat(test_split) @ W + b).argmax(axis=1) == test_split.labels
    batches = [hits[start : start + 256].mean() for start in range(0, len(hits), 256)]
    accuracy = float(np.mean(batches))
    yield Check(
        "test accuracy of the untrained model",
        f"{UNTRAINED:.8f}",
        f"{accuracy:.8f}",
        EQUAL if abs(accuracy - UNTRAINED) < 1e-9 else f"{NOT}{other}",
    )


def checks_of_rows(runs: pd.DataFrame, epochs: pd.DataFrame) -> Iterator[Check]:
    """Each figure of the article's three rows beside its own model in all orders that survive."""
    printed = {one.lr: one for one in load_published() if one.source == "article"}
    ours = own_orders(runs)
    for lr in RATES:
        of_rate = ours[(ours["lr"] == lr) & (ours["seed"] == OWN_SEED)]
        alive = of_rate.loc[of_rate["outcome"] != "diverged", "run_id"]
        for metric, name in NAMES.items():
            figures = [one.value for one in printed[lr].figures if one.metric == metric]
            rows = epochs[epochs["run_id"].isin(alive) & (epochs["epoch"] > 0)]
            values = rows.pivot(index="run_id", columns="epoch", values=metric).to_numpy(float)
            what = f"learning rate {lr:g}, {name} of epochs 1 to 5"
            yield Check(what, _numbers(figures, 6), *_beside(np.array(figures), values, of_rate))


def _beside(printed: Floats, values: Floats, runs: pd.DataFrame) -> tuple[str, str]:
    """Our figures over the orders that survived, and the verdict."""
    if runs.empty:
        return "nothing trained", f"{NOT} tried: lrstudy +experiment=article trains it"
    if len(values) == 0:
        return "nan", f"{NOT}: the loss became nan in all of {len(runs)} orders"
    here = f"{_numbers(values.mean(axis=0), 6)}   mean of {len(values)} of {len(runs)} orders"
    if len(values) < FEWEST:
        return here, f"{NOT} judged: fewer than {FEWEST} orders survived"
    level = 1 - 0.05 / len(printed)  # of all figures together 95 %
    ends = [normal_prediction_interval(column, level) for column in values.T]
    inside = [low <= one <= high for one, (low, high) in zip(printed, ends, strict=True)]
    if all(inside):
        return here, EXPLAINED
    apart = float(np.abs(values.mean(axis=0) / printed - 1).max())
    some = f", but {sum(inside)} of {len(inside)} are" if any(inside) else ""
    return here, f"{NOT}{some}; at most {100 * apart:.2g} % away"


def check_of_predictions(
    runs: pd.DataFrame, uri: str | None, data_set: DataSet, test_split: Split
) -> Check:
    """The nine predictions of the article's model at 0.1, of the first order that survived."""

    def check(here: str, verdict: str) -> Check:
        unknown = "not known to this program, so there is nothing to compare with"
        return Check("predictions of the first nine test images", unknown, here, verdict)

    ours = own_orders(runs)
    alive = ours[
        (ours["lr"] == LEARNED) & (ours["seed"] == OWN_SEED) & (ours["outcome"] == "trained")
    ]
    if alive.empty:
        return check("no model of its row survived", NOT)
    try:
        model = load_parameters(alive.iloc[0]["run_id"], uri)
    except InputError as error:
        return check(str(error), NOT)
    predicted = (_flat(test_split.first(9)) @ model.W + model.b).argmax(axis=1)
    right = int((predicted == test_split.labels[:9]).sum())
    return check(_labels(tuple(predicted), data_set), f"{right} of 9 are right")


def _flat(split: Split) -> npt.NDArray[np.float32]:
    return split.images.reshape(len(split.labels), -1)


def _labels(classes: tuple[int, ...], data_set: DataSet) -> str:
    return ", ".join(data_set.labels[one] for one in classes)


def _numbers(values: object, digits: int) -> str:
    return " ".join(f"{value:.{digits}f}" for value in np.asarray(values, float))
