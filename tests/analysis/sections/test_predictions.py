"""The first test images, and what models take them for."""

import numpy as np

from analysis.sections.predictions import first_predictions
from analysis.sections.trained_models import TrainedModel
from runner.data import FASHION_MNIST, Split
from runner.pictures import BAD

LABELS = FASHION_MNIST.labels


def test_only_a_wrong_prediction_is_crossed_bold_and_coloured(drawn):
    images = np.zeros((3, 28, 28), np.float32)
    images[[0, 1, 2], 0, [0, 1, 2]] = 1  # a pixel for each image, by which the weights know it
    W = np.zeros((784, 10), np.float32)
    W[0, 9], W[1, 2], W[2, 4] = 1, 1, 1
    model = TrainedModel("run", 0.1, "pick_log", 1, W, W, W[0] * 0)
    truth = np.array([9, 2, 1], np.float32)
    figure = drawn(first_predictions, [model], Split(images, truth), 3)
    assert [ax.get_title(loc="center") for ax in figure.axes] == [LABELS[int(k)] for k in truth]
    found = [ax.texts[0] for ax in figure.axes]
    cross = "\N{MULTIPLICATION SIGN} "
    assert [text.get_text() for text in found] == [LABELS[9], LABELS[2], cross + LABELS[4]]
    assert [text.get_fontweight() for text in found] == ["normal", "normal", "bold"]
    assert [text.get_color() == BAD for text in found] == [False, False, True]
