"""The report's sections on what trained models have learnt."""

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.reading import Study
from analysis.sections.model_figures import confusion_matrix, first_predictions, weight_images
from analysis.sections.trained_models import TrainedModel, confusions, trained_models
from runner.data import FASHION_MNIST, Split
from runner.process import InputError


def model_sections(study: Study, test_split: Split | None) -> dict[str, dict[str, Any] | str]:
    """The sections on weights, predictions and confusions by name, or why one is left out.

    `test_split` are all test examples, None where they are not on this machine.
    """
    reason = "" if study.artifacts else "tables hold no parameters"
    models: list[TrainedModel] = []
    if not reason:
        try:
            models = trained_models(study.runs, study.uri)
            reason = "" if models else "no model learned"
        except InputError as error:
            reason = str(error)
    if reason:
        return {"weights": f"weights and predictions of trained models: {reason}"}
    shown = {"models": models, **_of_how_many(study, models)}
    made: dict[str, dict[str, Any] | str] = {"weights": {"picture": weight_images(models), **shown}}
    if test_split is None:
        made["predictions"] = "predictions of trained models: Fashion-MNIST is not on this machine"
        return made
    made["predictions"] = {"picture": first_predictions(models, test_split), **shown}
    limit = int(study.runs.set_index("run_id")["data.test_limit"][models[0].run_id])
    test = test_split.first(limit)
    images = test.images.reshape(limit, -1)
    counts = {model: confusions(model.predict(images), test.labels) for model in models}
    best = max(models, key=lambda model: int(counts[model].trace()))
    mixed = counts[best] - np.diag(np.diag(counts[best]))
    truth, taken = np.unravel_index(mixed.argmax(), mixed.shape)
    made["confusion"] = {
        "picture": confusion_matrix(counts[best]),
        "model": best,
        "accuracy": float(counts[best].trace()) / limit,
        "images": limit,
        "mixed": (FASHION_MNIST.labels[truth], FASHION_MNIST.labels[taken], int(mixed.max())),
        "recall": _extremes(counts[best]),
    }
    return made


def _of_how_many(study: Study, models: list[TrainedModel]) -> dict[str, int]:
    """At how many learning rates the form of these models learned, and how many forms did."""
    learned = study.runs[study.runs["outcome"] == "trained"]
    of_form = learned[learned["loss"] == models[0].loss]
    return {"rates": of_form["lr"].nunique(), "forms": learned["loss"].nunique()}


def _extremes(counts: npt.NDArray[np.int_]) -> tuple[tuple[str, float], tuple[str, float]]:
    """The class that is recognised best and the one least, with the shares."""
    shares = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    places = (int(shares.argmax()), int(shares.argmin()))
    best, worst = ((FASHION_MNIST.labels[place], float(shares[place])) for place in places)
    return best, worst
