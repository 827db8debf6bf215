"""The forms without a subtracted maximum are the lesson's own."""

import numpy as np
import pytest
from mxnet import nd

from runner.losses import LOSSES
from runner.training import lesson


@pytest.mark.parametrize("name", ["pick_log", "log_pick", "log_eps", "log_clip"])
def test_the_naive_forms_have_the_lesson_s_own_probabilities(name):
    logits = nd.random.normal(scale=40, shape=(200, 10))
    theirs = lesson.softmax(logits).asnumpy()
    np.testing.assert_array_equal(LOSSES[name].scores(nd, logits).asnumpy(), theirs)


def test_the_lesson_s_cross_entropy_is_that_of_the_article_s_form():
    yhat = lesson.softmax(nd.random.normal(shape=(50, 10)))
    y = nd.array(np.arange(50) % 10)
    theirs = lesson.cross_entropy(yhat, y).asnumpy()
    np.testing.assert_array_equal(LOSSES["pick_log"].cross_entropy(nd, yhat, y).asnumpy(), theirs)
