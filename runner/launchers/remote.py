"""What a job must not take for granted on another machine: paths, environment, the store."""

import copy
import importlib.util
import os
from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig, OmegaConf

from runner.keys import RULES
from runner.process import COMMANDER_VARIABLE, InputError


class Extra(NamedTuple):
    """What a launcher needs beside lrstudy: a package, and the extra that installs it."""

    package: str
    extra: str


EXTRAS = {
    "ray": Extra("ray", "ray"),
    "submitit_slurm": Extra("submitit", "slurm"),
    "submitit_local": Extra("submitit", "slurm"),
}
"""The launchers that send jobs away, by their names under `hydra/launcher`."""

SEVERAL_MACHINES = ("ray", "submitit_slurm")
"""The launchers whose jobs run on several machines."""


def check(keys: DictConfig) -> None:
    """`InputError` where the launcher is not installed, or its jobs could not reach the store."""
    launcher = keys.hydra.runtime.choices["hydra/launcher"]
    needed = EXTRAS.get(launcher)
    if needed and importlib.util.find_spec(needed.package) is None:
        raise InputError(
            f"hydra/launcher={launcher} needs the package {needed.package}, which is not "
            f"installed; pip install 'lrstudy[{needed.extra}]' installs it"
        )
    if launcher in SEVERAL_MACHINES and keys.tracking.uri.startswith("sqlite:"):
        raise InputError(
            f"hydra/launcher={launcher} trains on several machines, which cannot share "
            f"{keys.tracking.uri}; start a tracking server (mlflow server) and give its address: "
            "tracking.uri=http://SERVER:5000"
        )


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
