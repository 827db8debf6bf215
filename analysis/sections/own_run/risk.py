"""The training images that the article's parameters cannot survive, on a Mac and on Linux."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from analysis.printed import OWN_SEED, WARNED_SEED
from analysis.sections.counterfactuals.doomed import doomed_examples
from runner.data import Split
from runner.draws import LINUX, MACOS, Library, initial_parameters

Places = npt.NDArray[np.intp]


def images_at_risk(train_split: Split) -> Mapping[tuple[Library, int], Places]:
    """The positions of the training images whose gradient is not finite before any update.

    By the C++ library that draws W and b, and by the article's two seeds.
    """
    images = train_split.images.reshape(len(train_split.labels), -1)
    found = {}
    for library in (MACOS, LINUX):
        for seed in (OWN_SEED, WARNED_SEED):
            parameters = initial_parameters(library, seed, 1.0)
            doomed = doomed_examples(images, train_split.labels, *parameters)["pick_log"]
            found[library, seed] = np.flatnonzero(doomed)
    return found
