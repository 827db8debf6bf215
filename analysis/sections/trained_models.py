"""Trained models, one for each learning rate, read back from the runs that logged them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.reading import PARAMS, load_parameters
from analysis.statistics import SEEDS, commonest, each_seed_once
from runner.data import FASHION_MNIST, DataSet

MOST_MODELS = 3

NO_IMAGES = "predictions of trained models: {}"
"""Why what needs the test images is left out."""

MOST_CLASSES = 40
"""Classes that fit into a picture."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """The model of one run: `W` and `b` after the last epoch, `W0` before it.

    `W` is (pixels, classes) of the run's `data_set`, `b` (classes,).
    """

    run_id: str
    lr: float
    loss: str
    seed: int
    W0: npt.NDArray[np.float32]
    W: npt.NDArray[np.float32]
    b: npt.NDArray[np.float32]
    data_set: DataSet = FASHION_MNIST

    def predict(self, images: npt.NDArray[np.float32]) -> npt.NDArray[np.int_]:
        """The most probable class of each image (n, pixels)."""
        classes: npt.NDArray[np.int_] = (images @ self.W + self.b).argmax(axis=1)
        return classes


def trained_models(
    runs: pd.DataFrame, uri: str | None, data_set_of: Callable[[str], DataSet]
) -> list[TrainedModel]:
    """A model for each learning rate, the largest first, all of one loss form and one seed.

    Of the runs with the commonest settings, those of the form that learned at the most learning
    rates (more than three count as three), of equals the one with the best accuracy; and of the
    seed that did, of equals the lowest. Of more than three rates, the ends and the best, or the
    middle where an end is the best. Empty where nothing learned.

    `data_set_of` gives the data set of a name. Raises `InputError` where it is not there, or a
    run's parameters are not in the MLflow store.
    """
    learned = runs[runs["outcome"] == "trained"]
    if learned.empty:
        return []
    keys = [key for key in PARAMS if key not in ("lr", "loss", *SEEDS)]
    learned = each_seed_once(commonest(learned, pd.Series(1, index=learned.index), keys))
    forms = learned.groupby("loss").agg(rates=("lr", "nunique"), best=("test_acc", "max"))
    forms["rates"] = forms["rates"].clip(upper=MOST_MODELS)
    of_form = learned[learned["loss"] == forms.sort_values(["rates", "best"]).index[-1]]
    rates = of_form.groupby("seed")["lr"].nunique()
    chosen = of_form[of_form["seed"] == rates.idxmax()]
    chosen = chosen.drop_duplicates("lr").sort_values("lr", ascending=False)
    if len(chosen) > MOST_MODELS:
        last, best = len(chosen) - 1, int(chosen["test_acc"].to_numpy().argmax())
        chosen = chosen.iloc[[0, best if 0 < best < last else last // 2, last]]
    data_set = data_set_of(chosen["data.name"].iloc[0])
    models = []
    for row in chosen.to_dict("records"):
        parameters = load_parameters(row["run_id"], uri, data_set.weights_shape)
        identity = (row["run_id"], row["lr"], row["loss"], int(row["seed"]))
        W0, _, W, b = parameters
        models.append(TrainedModel(*identity, W0, W, b, data_set))
    return models
