"""Columns of a stack for the trainer, with initial parameters that MXNet draws."""

from runner.training import Column, initial_parameters

OVERFLOWING = {"pick_log", "log_pick", "max_pick_log", "log_eps", "log_clip"}
"""The forms of the loss that lose runs which `log_softmax` does not."""


def drawn(step_size, seed, init_sigma=1.0, stop_on_divergence=True, dtype="float32"):
    """A column that starts from the parameters of a seed."""
    parameters = initial_parameters("mxnet", seed, init_sigma, dtype=dtype)
    return Column(step_size, *parameters, stop_on_divergence=stop_on_divergence)
