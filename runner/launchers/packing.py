"""What a job must not take for granted on another machine: paths, environment, the store."""

import copy
import os
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from runner.keys import RULES
from runner.process import COMMANDER_VARIABLE


def packed(cfg: DictConfig) -> DictConfig:
    """A copy of a job's configuration that means the same on any machine.

    Nothing in it is looked up where the job runs: the variables of the environment have their
    values, and the paths of the output folder, an SQLite store and `data.root` are absolute.
    With `data.root` null each machine searches its own disk, and fetches the data once.
    """
    sent = copy.deepcopy(cfg)
    for key in RULES:
        OmegaConf.update(sent, key, OmegaConf.select(cfg, key))
    scheme, _, path = sent.tracking.uri.partition(":///")
    if scheme == "sqlite":
        sent.tracking.uri = f"sqlite:///{Path.cwd() / path}"
    if sent.data.root is not None:
        sent.data.root = os.path.abspath(Path(sent.data.root).expanduser())
    sent.hydra.sweep.dir = os.path.abspath(sent.hydra.sweep.dir)
    return sent


def environment() -> dict[str, str]:
    """The variables that a job needs: MLflow's settings, and who commands the sweep."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("MLFLOW_") or name == COMMANDER_VARIABLE
    }
