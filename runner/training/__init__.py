"""Training: the lesson's mathematics, a stack of configurations, and why a run diverged.

Start with `lesson`, the article's mathematics. `stack_update` does the same for many configurations
at once, `trainer` is the loop, `post_mortem` decides what a run died of. Knows neither Hydra nor
MLflow. Importing this room imports MXNet.
"""

from runner.training.stack import train_stack
from runner.training.trainer import Column, train

__all__ = ["Column", "train", "train_stack"]
