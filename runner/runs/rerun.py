"""Trains a past run again from what MLflow holds of it, and compares every figure.

A column's figures do not depend on the other columns of its stack (`runner.training`), so only
the width is repeated: the run trains among copies of itself, as many as began together. Nothing is
logged, because a rerun checks a run and is not a new one.
"""

import copy
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
from runner.process import DifferenceError, InputError, log, machine, one_line, versions
from runner.records import Trained
from runner.runs import outcome
from runner.runs.finish import arrays_of
from runner.runs.horizon import expected_difference
from runner.runs.run import train_and_print
from runner.tracking import (
    WIDEST_STACK,
    Tracking,
    damage,
    open_tracking,
    own_root,
    read_parameters,
    stack_width,
)

SAME = "same machine, same versions"
"""What is said where nothing else has changed: then nothing may differ at all."""

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
    not finished, used other data or another version of the trainer, or is damaged.
    Raises `DifferenceError` for the first figure that differs.
    """
    for key in (one.lstrip("+~").partition("=")[0] for one in overrides):
        if key not in ALLOWED_KEYS:
            raise InputError(f"rerun uses the values of the run; leave out {key}")
    tracking = open_tracking(cfg.tracking.uri, cfg.tracking.experiment, create=False)
    run = _finished_run(tracking, cfg.rerun)
    configuration = _configuration(run, cfg)
    data.locate(cfg.data.root, configuration.data_set)  # report a wrong folder before slow work
    shape = configuration.data_set.weights_shape
    arrays = read_parameters(run, tracking.uri, shape)._asdict()
    width = _stack_width(run)
    fetch_if_missing(cfg.data.root, log.info, configuration.data_set)
    splits = data.load(cfg.data.root, configuration.data_set)
    log.info(configuration.name)
    trained = train_and_print(configuration, *splits, bar=True, stack_width=width)
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
    where = f"MLflow run {cfg.rerun} (stack_width {width})"
    if difference is not None:
        changed = _changed_environment(run, trained)
        expected = f"{changed}; {expected_difference(configuration.lr)}" if changed else SAME
        raise DifferenceError(f"{where} came out different: {difference}; {expected}")
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
    if reason := damage(run):
        raise InputError(
            f"MLflow run {run_id} is damaged: {reason}; train it again with skip_finished=false"
        )
    return run


def _configuration(run: Run, cfg: DictConfig) -> Configuration:
    """The run's configuration; `InputError` if this program would train something else."""
    params, tags = run.data.params, run.data.tags
    made_by = f"use the version that made it ({one_line(tags.get('versions', 'not recorded'))})"
    datasets = run.inputs.dataset_inputs if run.inputs else []
    seen = {one.dataset.name: one.dataset.digest for one in datasets}
    name = params.get("data.name", cfg.data.name)
    of_run = copy.deepcopy(cfg)
    of_run.data.root = cfg.data.root or own_root(run)
    choice = data.choice_of(name)
    data_set = data.data_set_of(choice, of_run.data.root) if choice in data.DATA_SETS else None
    if data_set is None or seen != {
        f"{data_set.folder_name}-{split}": data_set.digest_of(split) for split in data_set.files
    }:
        used = (
            f"{one_line(name)}, found {data_set.name}"
            if data_set and data_set.root
            else ("other data than the official files that lrstudy trains on now")
        )
        raise InputError(f"MLflow run {run.info.run_id} used {used}; {made_by}")
    try:
        for key in configuration_of(cfg).params:
            OmegaConf.update(of_run, key, params[key])
        for key, default in LATER_KEYS.items():
            OmegaConf.update(of_run, key, params.get(key, default))
        of_run.data.name = choice
        configuration = configuration_of(of_run, exact=True)
        same = configuration.config_hash == tags["config_hash"]
    except (KeyError, OmegaConfBaseException, InputError):
        same = False
    if not same:
        raise InputError(
            f"MLflow run {run.info.run_id} was not made by this trainer (TRAINER_VERSION "
            f"{TRAINER_VERSION}), whose numbers may differ; {made_by}"
        )
    return configuration


def _stack_width(run: Run) -> int:
    """How many copies trained together; `InputError` where the run does not say."""
    width = stack_width(run)
    if width is None:
        told = run.data.tags.get("stack_width")
        raise InputError(
            f"MLflow run {run.info.run_id} does not say how many runs trained together: its tag "
            f"stack_width must be a whole number from 1 to {WIDEST_STACK}, got "
            f"{'nothing' if told is None else one_line(told)}; train it again with "
            "skip_finished=false"
        )
    return width


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
            yield f"{tag} was {one_line(str(was.tags[tag]))}, is now {now.tags[tag]}"
    for name, array in now.arrays.items():
        stored = was.arrays[name]
        if stored.dtype != array.dtype:
            yield f"{name} of parameters.npz was {stored.dtype}, is now {array.dtype}"
            continue
        for place in np.argwhere(~((stored == array) | (np.isnan(stored) & np.isnan(array)))):
            one, other = stored[tuple(place)], array[tuple(place)]
            yield f"{name}{place.tolist()} of parameters.npz was {one}, is now {other}"


def _same(one: float | None, other: float | None) -> bool:
    """Whether two figures are equal; nan equals nan, and None is a missing figure."""
    return one == other or (one is not None and other is not None and one != one and other != other)


def _changed_environment(run: Run, trained: Trained) -> str:
    """What else has changed: machine, packages, or what MXNet computes with; empty if nothing."""
    now = {
        "versions": versions(),
        "machine": machine(),
        "blas_kernel": trained.blas_kernel,
        "threads": str(trained.threads),
    }
    changed = [
        f"{tag} was {one_line(str(run.data.tags.get(tag)))}, is now {value}"
        for tag, value in now.items()
        if run.data.tags.get(tag) != value
    ]
    return "; ".join(changed)
