"""What the best trained model confuses, counted anew."""

import numpy as np
import pytest

from analysis.reading import load_study
from analysis.sections import Evidence
from analysis.sections.confusion import CONFUSION, confusions
from runner.data import FASHION_MNIST

LABELS = FASHION_MNIST.labels


@pytest.fixture
def evidence(study):
    return Evidence(load_study("lr-study", f"sqlite:///{study}/mlflow.db"))


def test_the_test_images_are_counted_by_label_and_predicted_class(evidence, small_splits):
    (model,) = evidence.models
    test = small_splits[1]
    predicted = model.predict(test.images.reshape(len(test.labels), -1))
    counts = confusions(predicted, test.labels, 10)
    assert counts.sum() == len(test.labels)
    for truth, taken in ((0, 0), (6, 0), (9, 7)):
        assert counts[truth, taken] == sum(
            int(label) == truth and guess == taken
            for label, guess in zip(test.labels, predicted, strict=True)
        )


def test_the_section_names_the_commonest_mistake_and_the_classes_known_best_and_least(
    evidence, small_splits
):
    section = CONFUSION.make(evidence)
    (model,) = evidence.models
    test = small_splits[1]
    truth = test.labels.astype(int)
    predicted = (test.images.reshape(512, -1).astype(float) @ model.W + model.b).argmax(axis=1)
    assert (section["images"], section["model"]) == (512, model)
    assert section["accuracy"] == pytest.approx(np.mean(predicted == truth))
    recalls = {LABELS[k]: np.mean(predicted[truth == k] == k) for k in range(10)}
    (best, high), (worst, low) = section["recall"]
    assert high == pytest.approx(max(recalls.values())) == pytest.approx(recalls[best])
    assert low == pytest.approx(min(recalls.values())) == pytest.approx(recalls[worst])
    mistakes = {}
    for one, taken in zip(truth, predicted, strict=True):
        if one != taken:
            pair = (LABELS[one], LABELS[taken])
            mistakes[pair] = mistakes.get(pair, 0) + 1
    *pair, count = section["mixed"]
    assert count == max(mistakes.values()) == mistakes[tuple(pair)]
    assert section["picture"].rstrip().endswith("</svg>")
