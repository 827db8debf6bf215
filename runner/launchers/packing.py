"""Prepares a job for another machine: its paths, environment and store."""

import copy
import os

from omegaconf import DictConfig, OmegaConf

from runner.keys import RULES
from runner.process import ADDRESSES_VARIABLE, COMMANDER_VARIABLE, store_address, user_path


def packed(cfg: DictConfig) -> DictConfig:
    """A copy of a job's configuration that means the same on any machine.

    Nothing in it is resolved where the job runs: environment variables are replaced by their
    values, and the paths of the output folder, an SQLite store and `data.root` are absolute. If
    `data.root` is null, each machine searches its own disk and fetches the data once.
    """
    sent = copy.deepcopy(cfg)
    for key in RULES:
        OmegaConf.update(sent, key, OmegaConf.select(cfg, key))
    sent.tracking.uri = store_address(sent.tracking.uri)
    if sent.data.root is not None:
        sent.data.root = os.path.abspath(user_path(sent.data.root))
    sent.hydra.job.chdir = False  # the folder that the command was started in may not be there
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
