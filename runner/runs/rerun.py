"""Trains a past run again from what MLflow holds of it, and compares every figure.

A column's figures do not depend on the other columns of its stack (`runner.training`), so only
the width is repeated: the run trains among copies of itself, as many as began together. Nothing is
logged, because a rerun checks a run and is not a new one.
"""

import copy
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from runner import data
from runner.configuration import LATER_KEYS, TRAINER_VERSION, Configuration
from runner.data import fetch_if_missing
from runner.keys import configuration_of
from runner.process import DifferenceError, InputError, log, machine, versions
from runner.records import Trained
from runner.runs import outcome
from runner.runs.finish import arrays_of
from runner.runs.run import train_and_print
from runner.tracking import Tracking, open_tracking

ALLOWED_KEYS = ("rerun", "data.root", "tracking.uri", "tracking.experiment")
"""The keys allowed with `rerun` say where things are; all others come from the run."""


@dataclass(frozen=True)
class Result:
    """The result of a training: figures by (epoch, name), outcome tags, and parameters."""

    figures: Mapping[tuple[int, str], float]
    tags: Mapping[str, str | None]
    arrays: Mapping[str, npt.NDArray[Any]]


def train_again(cfg: DictConfig, overrides: Sequence[str]) -> None:
    """Train the run `cfg.rerun` again in a stack of its width; say whether all is identical.

    `overrides` is what was typed. This compares every figure of every epoch, the figures a run
    has only once (nan equals nan), the outcome, the cause of a divergence, and `parameters.npz`.

    Raises `InputError` for keys that `rerun` does not allow, and for a run that does not exist, is
    not finished, used other data or another version of the trainer, or lacks its parameters.
    Raises `DifferenceError` for the first figure that differs.
    """
    for key in (one.lstrip("+~").partition("=")[0] for one in overrides):
        if key not in ALLOWED_KEYS:
            raise InputError(f"rerun uses the values of the run; leave out {key}")
    data.locate(cfg.data.root)  # report a wrong folder before any slow work
    tracking = open_tracking(cfg.tracking.uri, cfg.tracking.experiment, create=False)
    run = _finished_run(tracking, cfg.rerun)
    configuration = _configuration(run, cfg)
    arrays = _stored_arrays(tracking, run)
    fetch_if_missing(cfg.data.root, log.info, configuration.data_set)
    splits = data.load(cfg.data.root, configuration.data_set)
    stack_width = int(run.data.tags["stack_width"])
    log.info(configuration.name)
    trained = train_and_print(configuration, *splits, bar=True, stack_width=stack_width)
    now = _result(trained)
    names = {name for _, name in now.figures}
    was = Result(
        {
            (epoch, name): value
            for name in names
            for epoch, value in tracking.history(cfg.rerun, name).items()
        },
        {tag: run.data.tags.get(tag) for tag in now.tags},
        arrays,
    )
    difference = next(_differences(was, now), None)
    where = f"MLflow run {cfg.rerun} (stack_width {stack_width})"
    if difference is not None:
        raise DifferenceError(
            f"{where} came out different: {difference}; {_changed_environment(run, trained)}"
        )
    log.info(
        f"Identical: {len(now.figures)} figures, the outcome "
        f"({', '.join(value for value in now.tags.values() if value)}) and "
        f"{sum(array.size for array in now.arrays.values())} parameters are those of {where}."
    )


def _finished_run(tracking: Tracking, run_id: str) -> Run:
    try:
        run = tracking.client.get_run(run_id)
    except MlflowException as error:
        raise InputError(
            f"rerun must be the id of a run in {tracking.uri}, got {run_id} "
            f"({str(error).splitlines()[0]}); lrstudy-ui shows the runs"
        ) from error
    if run.data.tags.get("kind") != "run":
        raise InputError(
            f"MLflow run {run_id} did not train a configuration; rerun takes a run tagged kind=run"
        )
    if run.info.status != "FINISHED":
        raise InputError(
            f"MLflow run {run_id} is {run.info.status}, so there is nothing to compare with; "
            "rerun takes a FINISHED run"
        )
    return run


def _configuration(run: Run, cfg: DictConfig) -> Configuration:
    """The run's configuration; `InputError` if this program would train something else."""
    params, tags = run.data.params, run.data.tags
    made_by = f"use the version that made it ({tags.get('versions', 'not recorded')})"
    datasets = run.inputs.dataset_inputs if run.inputs else []
    seen = {one.dataset.name: one.dataset.digest for one in datasets}
    data_set = data.DATA_SETS.get(params.get("data.name", cfg.data.name))
    if data_set is None or seen != {
        f"{data_set.folder_name}-{split}": data_set.digest_of(split) for split in data_set.files
    }:
        raise InputError(
            f"MLflow run {run.info.run_id} used other data than the official files that lrstudy "
            f"trains on now; {made_by}"
        )
    of_run = copy.deepcopy(cfg)
    try:
        for key in configuration_of(cfg).params:
            OmegaConf.update(of_run, key, params[key])
        for key, default in LATER_KEYS.items():
            OmegaConf.update(of_run, key, params.get(key, default))
        configuration = configuration_of(of_run)
        same = configuration.config_hash == tags["config_hash"] and "stack_width" in tags
    except (KeyError, OmegaConfBaseException, InputError):
        same = False
    if not same:
        raise InputError(
            f"MLflow run {run.info.run_id} was not made by this trainer (TRAINER_VERSION "
            f"{TRAINER_VERSION}), whose numbers may differ; {made_by}"
        )
    return configuration


def _stored_arrays(tracking: Tracking, run: Run) -> dict[str, npt.NDArray[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = tracking.client.download_artifacts(run.info.run_id, "parameters.npz", folder)
            with np.load(path) as arrays:
                return dict(arrays)
        except (MlflowException, OSError, ValueError) as error:
            raise InputError(
                f"parameters.npz of MLflow run {run.info.run_id} cannot be read from "
                f"{run.info.artifact_uri}; put its artifacts back there"
            ) from error


def _result(trained: Trained) -> Result:
    """The result of a training, as a run would log it."""
    summary = outcome.summarise(trained.records)
    figures = {
        (record.epoch, name): value
        for record in trained.records
        for name, value in record.metrics.items()
    }
    last = trained.records[-1].epoch
    figures |= {(last, name): value for name, value in summary.metrics.items()}
    cause = trained.post_mortem.cause if trained.post_mortem else None
    tags = {"outcome": summary.outcome, "divergence_cause": cause}
    return Result(figures, tags, arrays_of(trained))


def _differences(was: Result, now: Result) -> Iterator[str]:
    """Each difference with both values: the earliest epoch first, the parameters last."""
    for epoch, name in sorted(was.figures.keys() | now.figures.keys()):
        values = [each.figures.get((epoch, name)) for each in (was, now)]
        if not _same(*values):
            yield f"{name} of epoch {epoch} was {values[0]}, is now {values[1]}"
    for tag in now.tags:
        if was.tags[tag] != now.tags[tag]:
            yield f"{tag} was {was.tags[tag]}, is now {now.tags[tag]}"
    for name, array in now.arrays.items():
        stored = was.arrays.get(name)
        if stored is None or (stored.shape, stored.dtype) != (array.shape, array.dtype):
            yield f"parameters.npz holds no {name} {array.shape} of {array.dtype}"
            continue
        for place in np.argwhere(~((stored == array) | (np.isnan(stored) & np.isnan(array)))):
            one, other = stored[tuple(place)], array[tuple(place)]
            yield f"{name}{place.tolist()} of parameters.npz was {one}, is now {other}"


def _same(one: float | None, other: float | None) -> bool:
    """Whether two figures are equal; nan equals nan, and None is a missing figure."""
    return one == other or (one is not None and other is not None and one != one and other != other)


def _changed_environment(run: Run, trained: Trained) -> str:
    """What else has changed: machine, packages, or what MXNet computes with."""
    now = {
        "versions": versions(),
        "machine": machine(),
        "blas_kernel": trained.blas_kernel,
        "threads": str(trained.threads),
    }
    changed = [
        f"{tag} was {run.data.tags.get(tag)}, is now {value}"
        for tag, value in now.items()
        if run.data.tags.get(tag) != value
    ]
    return "; ".join(changed) or "same machine, same versions"
