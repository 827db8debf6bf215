"""A past run trained again from what MLflow holds of it, and compared figure by figure.

A column of a stack has the figures of the run alone (`runner.training`), so what trained beside a
run is not repeated, only how much: a run of a stack trains among copies of itself, as many as
began together. Nothing is logged: a rerun is a check of a run, not another run.
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
from runner.configuration import TRAINER_VERSION, Configuration
from runner.data import fetch_if_missing
from runner.keys import configuration_of
from runner.process import DifferenceError, InputError, log, machine, versions
from runner.records import Trained
from runner.runs import outcome
from runner.runs.finish import arrays_of
from runner.runs.run import train_and_print
from runner.tracking import Tracking, open_tracking

ALLOWED_KEYS = ("rerun", "data.root", "tracking.uri", "tracking.experiment")
"""The keys that may be given with `rerun`: where things are. All others are the run's own."""


@dataclass(frozen=True)
class Result:
    """What a training gave: figures by epoch and name, what became of it, and its parameters."""

    figures: Mapping[tuple[int, str], float]
    words: Mapping[str, str | None]
    arrays: Mapping[str, npt.NDArray[Any]]


def train_again(cfg: DictConfig, overrides: Sequence[str]) -> None:
    """Train the run `cfg.rerun` again, as wide as it was, and say whether all came out identical.

    `overrides` is what was typed. Compared are every figure of every epoch and those a run has
    once (nan equals nan), the outcome, the cause of a divergence, and `parameters.npz`.

    Raises `InputError` for other keys beside `rerun` and for a run that is not there, is not
    finished, saw other data or another version of the trainer, or lacks its parameters;
    `DifferenceError` with the first figure that differs.
    """
    for key in (one.lstrip("+~").partition("=")[0] for one in overrides):
        if key not in ALLOWED_KEYS:
            raise InputError(f"rerun takes the values of the run; leave out {key}")
    data.locate(cfg.data.root)  # a wrong folder is told before anything is looked up
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
        {word: run.data.tags.get(word) for word in now.words},
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
        f"({', '.join(word for word in now.words.values() if word)}) and "
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
            f"MLflow run {run_id} is no training of a configuration; rerun takes one that is "
            "tagged kind=run"
        )
    if run.info.status != "FINISHED":
        raise InputError(
            f"MLflow run {run_id} is {run.info.status}, so there is nothing to compare with; "
            "rerun takes a FINISHED run"
        )
    return run


def _configuration(run: Run, cfg: DictConfig) -> Configuration:
    """What the run trained; `InputError` where this program would train something else."""
    params, tags = run.data.params, run.data.tags
    made_by = f"use the version that made it ({tags.get('versions', 'not recorded')})"
    datasets = run.inputs.dataset_inputs if run.inputs else []
    seen = {one.dataset.name: one.dataset.digest for one in datasets}
    data_set = data.DATA_SETS.get(params.get("data.name", cfg.data.name))
    if data_set is None or seen != {
        f"{data_set.folder_name}-{split}": data_set.digest_of(split) for split in data_set.files
    }:
        raise InputError(
            f"MLflow run {run.info.run_id} saw other data than the official files that lrstudy "
            f"trains on now; {made_by}"
        )
    of_run = copy.deepcopy(cfg)
    try:
        for key in configuration_of(cfg).params:
            OmegaConf.update(of_run, key, params[key])
        OmegaConf.update(of_run, "data.name", data_set.name)
        configuration = configuration_of(of_run)
        same = configuration.config_hash == tags["config_hash"] and "stack_width" in tags
    except (KeyError, OmegaConfBaseException, InputError):
        same = False
    if not same:
        raise InputError(
            f"MLflow run {run.info.run_id} is not of this trainer (TRAINER_VERSION "
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
    """What was trained, as a run logs it."""
    summary = outcome.summarise(trained.records)
    figures = {
        (record.epoch, name): value
        for record in trained.records
        for name, value in record.metrics.items()
    }
    last = trained.records[-1].epoch
    figures |= {(last, name): value for name, value in summary.metrics.items()}
    cause = trained.post_mortem.cause if trained.post_mortem else None
    words = {"outcome": summary.outcome, "divergence_cause": cause}
    return Result(figures, words, arrays_of(trained))


def _differences(was: Result, now: Result) -> Iterator[str]:
    """What differs, with both values: the earliest epoch first, the parameters last."""
    for epoch, name in sorted(was.figures.keys() | now.figures.keys()):
        values = [each.figures.get((epoch, name)) for each in (was, now)]
        if not _same(*values):
            yield f"{name} of epoch {epoch} was {values[0]}, is now {values[1]}"
    for word in now.words:
        if was.words[word] != now.words[word]:
            yield f"{word} was {was.words[word]}, is now {now.words[word]}"
    for name, array in now.arrays.items():
        stored = was.arrays.get(name)
        if stored is None or (stored.shape, stored.dtype) != (array.shape, array.dtype):
            yield f"parameters.npz holds no {name} {array.shape} of {array.dtype}"
            continue
        for place in np.argwhere(~((stored == array) | (np.isnan(stored) & np.isnan(array)))):
            one, other = stored[tuple(place)], array[tuple(place)]
            yield f"{name}{place.tolist()} of parameters.npz was {one}, is now {other}"


def _same(one: float | None, other: float | None) -> bool:
    """Whether two figures are equal; nan equals nan, None is a figure that is not there."""
    return one == other or (one is not None and other is not None and one != one and other != other)


def _changed_environment(run: Run, trained: Trained) -> str:
    """What else is not as it was: the machine, the packages, what MXNet computed with."""
    now = {
        "versions": versions(),
        "machine": machine(),
        "blas_kernel": trained.blas_kernel,
        "threads": str(trained.threads),
    }
    moved = [
        f"{tag} was {run.data.tags.get(tag)}, is now {value}"
        for tag, value in now.items()
        if run.data.tags.get(tag) != value
    ]
    return "; ".join(moved) or "same machine, same versions"
