"""Prepares a job for another machine: its paths, environment and store."""

import copy
import os
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from runner.keys import RULES
from runner.process import ADDRESSES_VARIABLE, COMMANDER_VARIABLE


def packed(cfg: DictConfig) -> DictConfig:
    """A copy of a job's configuration that means the same on any machine.

    Nothing in it is resolved where the job runs: environment variables are replaced by their
    values, and the paths of the output folder, an SQLite store and `data.root` are absolute. If
    `data.root` is null, each machine searches its own disk and fetches the data once.
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


def environment(*, inherited: bool) -> dict[str, str]:
    """The variables to send with a job: its command's process, which it must know.

    Where the command's environment is not `inherited`, also MLflow's settings and the addresses.
    They hold secrets: what is sent then may not be written to a file.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name == COMMANDER_VARIABLE
        or (not inherited and (name.startswith("MLFLOW_") or name == ADDRESSES_VARIABLE))
    }
