"""Training: the lesson's mathematics, a stack of configurations, and why a run diverged.

Start with `lesson`, the article's mathematics. `stack_update` does the same for many configurations
at once, `trainer` is the loop, `post_mortem` decides what a run died of. Knows neither Hydra nor
MLflow. Importing this room prepares the process and imports MXNet, by way of `numpy_names`.
"""

from runner.process import prepare

prepare()  # before NumPy and MXNet are imported

from runner.training.numpy_names import import_mxnet  # noqa: E402  # after prepare()

import_mxnet()  # before any module that uses it

from runner.training.initial import initial_parameters  # noqa: E402  # after prepare()
from runner.training.stack import train_stack  # noqa: E402  # after prepare()
from runner.training.trainer import Column, train  # noqa: E402  # after prepare()

__all__ = ["Column", "initial_parameters", "train", "train_stack"]
