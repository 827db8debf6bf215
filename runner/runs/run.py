"""One run: configuration -> data -> training -> MLflow, with a printed line per epoch."""

import contextlib
import importlib
import math
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from mlflow.entities import Run
from omegaconf import DictConfig
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runner import data
from runner.configuration import Configuration, sweep_id_of
from runner.data import Split, fetch_if_missing
from runner.process import (
    RunKeptError,
    ServerLostError,
    commander_tags,
    console,
    log,
    log_of_run,
    masked,
    raising_disk_full,
    store_address,
)
from runner.records import Record, Trained
from runner.runs.finish import log_outcome, log_trained
from runner.runs.handover import collect_trained, is_trained
from runner.tracking import (
    Header,
    RunLog,
    Tracking,
    environment_tags,
    keeping,
    open_tracking,
    repair,
    tell_trained_twice,
)

PRINTED_METRICS = ("train_loss_batch_mean", "train_acc_batch_mean", "test_acc_batch_mean")
"""The three figures per epoch that the article printed."""


@raising_disk_full()
def train_and_log(
    cfg: DictConfig,
    configuration: Configuration,
    sweep_id: str | None,
    config_files: Mapping[str, str],
    output: Path,
) -> str:
    """Train the configuration of these keys, or show it if this experiment has finished it.

    Returns the outcome: "trained", "stalled" or "diverged".

    `sweep_id` is None for a run outside a sweep; in a sweep the plan has already left out what
    is finished. `config_files` are Hydra's files, text by name, logged with the run. If the
    server goes away for good, the trained run is kept in the folder `output`.

    Raises `InputError` for data that is missing or altered, and a store or server that is not
    there; `ServerLostError` for a server that went away; `DiskFullError`.
    """
    config_hash = configuration.config_hash
    # Report a wrong folder before a store is created.
    data.locate(cfg.data.root, configuration.data_set)
    tags = {
        "kind": "run",
        "config_hash": config_hash,
        "sweep_id": sweep_id or sweep_id_of({config_hash}),
        **commander_tags(),
    }
    uri, experiment = cfg.tracking.uri, cfg.tracking.experiment
    trained, since = None, time.time()
    texts = {f"config/{name}": text for name, text in config_files.items()}
    try:
        if sweep_id:
            tracking = _tracking_of_sweep(store_address(uri), experiment)
        else:
            tracking = open_tracking(uri, experiment, migrate_older=True)
            repair(tracking)
            finished = tracking.finished(config_hash).get(config_hash)
            if finished and cfg.skip_finished:
                log_of_run.info(configuration.name)
                return _show_finished(tracking, finished)
        fetch_if_missing(cfg.data.root, log.info, configuration.data_set)
        if not is_trained(config_hash):
            data.read_ahead(cfg.data.root, configuration.data_set)
            importlib.import_module("runner.training")  # MXNet: slow to import, meanwhile
        train_split, test_split = data.load(cfg.data.root, configuration.data_set)
        log_of_run.info(configuration.name)
        with tracking.run(configuration.name, tags) as run_log:
            _log_data(configuration, run_log)
            if not is_trained(config_hash):  # it may fail, and then says what it was made from
                run_log.texts(texts)
            trained = collect_trained(config_hash)
            if trained is None:
                run_log.log(params=configuration.params)
                epoch_log = _EpochLog(run_log)
                bar = sweep_id is None  # a sweep has its own bar
                trained = train_and_print(
                    configuration, train_split, test_split, epoch_log.log, bar=bar
                )
                outcome = log_outcome(
                    trained, configuration, train_split, run_log, epochs=epoch_log.missing
                )
            else:
                for record in trained.records:
                    log_of_run.info(_epoch_line(record.epoch, record.metrics))
                outcome = log_trained(trained, configuration, train_split, run_log, texts)
    except ServerLostError as error:
        trained = trained or collect_trained(config_hash)
        if trained is None:
            raise
        header = Header(
            uri=masked(uri),
            experiment=experiment,
            name=configuration.name,
            tags={**environment_tags(), **tags},
        )
        with keeping(output, header) as client:
            kept = RunLog(client, "")
            _log_data(configuration, kept)
            train_split, _ = data.load(cfg.data.root, configuration.data_set)
            log_trained(trained, configuration, train_split, kept, texts)
        raise RunKeptError(
            f"{error}, then log this run, which is trained: "
            f"{shlex.join(['lrstudy-sync', str(output), '--uri', uri])}"
        ) from error
    if sweep_id is None:
        log.info(f"MLflow run {run_log.run_id} in {tracking.uri}")
        tell_trained_twice(tracking, since)
    return outcome


@cache
def _tracking_of_sweep(address: str, experiment: str) -> Tracking:
    """The experiment that the jobs of a sweep in this process log to, opened once."""
    return open_tracking(address, experiment, probe=False, migrate_older=True)


def _log_data(configuration: Configuration, run_log: RunLog) -> None:
    """Log which data the run was made from."""
    run_log.datasets(
        configuration.data_set,
        {"train": configuration.train_limit, "test": configuration.test_limit},
    )


class _EpochLog:
    """Logs each epoch as it ends, and lets training continue if the server is lost.

    `missing` holds the metrics, by epoch, that the server does not have yet.
    """

    def __init__(self, run_log: RunLog) -> None:
        self.run_log = run_log
        self.missing: dict[int, dict[str, float]] = {}

    def log(self, record: Record) -> None:
        self.missing[record.epoch] = record.metrics
        with contextlib.suppress(ServerLostError):
            self.run_log.log(metrics=self.missing)
            self.missing.clear()


def train_and_print(
    configuration: Configuration,
    train_split: Split,
    test_split: Split,
    on_record: Callable[[Record], None] = lambda record: None,
    *,
    bar: bool,
    stack_width: int = 1,
) -> Trained:
    """Train a configuration in a stack of `stack_width` copies; print each epoch as it ends.

    `on_record` gets the record of each epoch; `bar` shows a progress bar.
    """
    from runner.training import train_stack  # MXNet: slow to import

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(),
        transient=True,
        disable=not (bar and console().is_terminal),
    ) as progress:
        epochs_done = progress.add_task("Epochs", total=configuration.epochs)

        def on_epoch(records: Sequence[Record]) -> None:
            record = records[0]
            log_of_run.info(_epoch_line(record.epoch, record.metrics))
            on_record(record)
            progress.update(epochs_done, completed=record.epoch)

        stack = [configuration] * stack_width
        return train_stack(stack, train_split, test_split, on_epoch)[0]


def _epoch_line(epoch: int, metrics: Mapping[str, float]) -> str:
    """An epoch's line as the article printed it; the untrained model has only test figures."""
    if epoch == 0:
        return f"Untrained. Test acc {metrics.get('test_acc_batch_mean', math.nan):.6f}"
    loss, train_acc, test_acc = (metrics.get(name, math.nan) for name in PRINTED_METRICS)
    return f"Epoch {epoch}. Loss: {loss:.6f}, Train acc {train_acc:.6f}, Test acc {test_acc:.6f}"


def _show_finished(tracking: Tracking, finished: Run) -> str:
    """Print the stored epochs of a finished run; return its outcome."""
    run_id, outcome = finished.info.run_id, finished.data.tags["outcome"]
    stored: dict[int, dict[str, float]] = {}
    for name in PRINTED_METRICS:
        for step, value in tracking.history(run_id, name).items():
            stored.setdefault(step, {})[name] = value
    for epoch in sorted(stored):
        log_of_run.info(_epoch_line(epoch, stored[epoch]))
    log.info(
        f"Outcome: {outcome}. Trained before, as MLflow run {run_id}; "
        "skip_finished=false trains it again."
    )
    return str(outcome)
