"""One run: configuration -> data -> training -> MLflow, with a printed line per epoch."""

import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from omegaconf import DictConfig
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runner import data, outcome
from runner.config import Configuration, configuration_of, sweep_id_of
from runner.console import console, log
from runner.data import Split
from runner.fetch import fetch_if_missing
from runner.means import Floats
from runner.notes import outcome_note
from runner.processes import commander_tags
from runner.repair import repair
from runner.spread import handed_over
from runner.stacks import Trained, train_stack
from runner.store import open_tracking
from runner.tracking import RunLog, Tracking
from runner.views import NOTE

if TYPE_CHECKING:
    from runner.postmortem import PostMortem
    from runner.train import Record

PRINTED = ("train_loss_batch_mean", "train_acc_batch_mean", "test_acc_batch_mean")
"""The article's three figures of an epoch."""


def run(cfg: DictConfig, sweep_id: str | None, config_files: Mapping[str, str]) -> str:
    """Train what the keys ask for, or show it where this experiment has finished it already.

    Returns the outcome: "trained", "stalled" or "diverged".

    `sweep_id` is None for a run that is no part of a sweep; in a sweep the plan has left out
    what is finished. `config_files` are Hydra's files, text by name, logged with the run.

    Raises `InputError` for bad values, data that is missing or altered, and a store or
    server that is not there.
    """
    configuration = configuration_of(cfg)
    config_hash = configuration.config_hash
    data.locate(cfg.data.root)  # a wrong folder is told before a store is made
    tracking = open_tracking(cfg.tracking.uri, cfg.tracking.experiment)
    if sweep_id is None:
        repair(tracking)
    if sweep_id is None and cfg.skip_finished:
        finished = tracking.finished(config_hash).get(config_hash)
        if finished:
            log.info(configuration.name)
            stored: str = finished.data.tags["outcome"]
            _show_finished(tracking, finished.info.run_id, stored)
            return stored
    fetch_if_missing(cfg.data.root, log.info)
    train_split, test_split = data.load(cfg.data.root)
    log.info(configuration.name)
    tags = {
        "kind": "run",
        "config_hash": config_hash,
        "sweep_id": sweep_id or sweep_id_of({config_hash}),
        **commander_tags(),
    }
    with tracking.run(configuration.name, tags) as run_log:
        run_log.datasets({"train": configuration.train_limit, "test": configuration.test_limit})
        for name, text in config_files.items():
            run_log.text(text, f"config/{name}")
        trained = handed_over(config_hash)
        if trained is None:
            run_log.log(params=configuration.params)
            bar = sweep_id is None  # a sweep has its own
            trained = train_and_show(
                configuration,
                train_split,
                test_split,
                lambda record: run_log.log(metrics={record.epoch: record.metrics}),
                bar=bar,
            )
            ended = _log_outcome(trained, train_split, run_log)
        else:
            for record in trained.records:
                log.info(_epoch_line(record.epoch, record.metrics))
            epochs = {record.epoch: record.metrics for record in trained.records}
            ended = _log_outcome(trained, train_split, run_log, configuration.params, epochs)
    if sweep_id is None:
        log.info(f"MLflow run {run_log.run_id} in {tracking.uri}")
    return ended


def train_and_show(
    configuration: Configuration,
    train_split: Split,
    test_split: Split,
    on_record: Callable[["Record"], None] = lambda record: None,
    *,
    bar: bool,
    stack_width: int = 1,
) -> Trained:
    """Train a configuration, alone or among copies of itself; print each epoch as it ends.

    `on_record` is told its record, `bar` asks for a progress bar.
    """
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

        def on_epoch(records: Sequence["Record"]) -> None:
            record = records[0]
            log.info(_epoch_line(record.epoch, record.metrics))
            on_record(record)
            progress.update(epochs_done, completed=record.epoch)

        stack = [configuration] * stack_width
        return train_stack(stack, train_split, test_split, on_epoch)[0]


def arrays_of(trained: Trained) -> dict[str, Floats]:
    """The last W (784, 10) and b (10,), and the first, W0 and b0."""
    first, last = trained.records[0], trained.records[-1]
    return {"W": last.W, "b": last.b, "W0": first.W, "b0": first.b}


def _log_outcome(
    trained: Trained,
    train_split: Split,
    run_log: RunLog,
    params: Mapping[str, object] = MappingProxyType({}),
    epochs: Mapping[int, Mapping[str, float]] = MappingProxyType({}),
) -> str:
    """Log what a run has once, with its epochs where that is still to be done; its outcome."""
    from runner.curves import log_curves  # Matplotlib takes time to import: only when trained

    last, found = trained.records[-1], trained.post_mortem
    summary = outcome.summarise(trained.records)
    tags = {
        "outcome": summary.outcome,
        "stack_width": str(trained.stack_width),
        "blas_kernel": trained.blas_kernel,
        "threads": str(trained.threads),
        NOTE: outcome_note(trained.records, summary, found),
    }
    if found is not None:
        tags["divergence_cause"] = found.cause
    metrics = {**epochs, last.epoch: {**epochs.get(last.epoch, {}), **summary.metrics}}
    run_log.log(params=params, metrics=metrics, tags=tags)
    run_log.parameters(**arrays_of(trained))
    log_curves(trained.records, run_log)
    if found is not None:
        log.info(f"Diverged ({found.cause}). {found.sentence}")
        _log_divergence(found, train_split, run_log)
    elif summary.outcome == "stalled":
        log.info("Stalled: the model never became better than the untrained one.")
    return summary.outcome


def _log_divergence(found: "PostMortem", train_split: Split, run_log: RunLog) -> None:
    """Log a divergence as JSON and as a picture."""
    from runner.pictures import save_divergence  # Matplotlib: only where a run diverged

    run_log.text(found.to_json(), "divergence/post_mortem.json")
    if found.example is not None and found.label is not None and found.guilty_class is not None:
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "guilty_image.png"
            image = train_split.images[found.example]
            title = "\n".join(textwrap.wrap(f"{found.cause}: {found.sentence}", 100))
            save_divergence(
                image, found.label, found.guilty_class, found.logits or (), title, picture
            )
            run_log.file(picture, "divergence")


def _epoch_line(epoch: int, metrics: Mapping[str, float]) -> str:
    """The article's line for an epoch; the untrained model has test figures only."""
    if epoch == 0:
        return f"Untrained. Test acc {metrics['test_acc_batch_mean']:.6f}"
    loss, train_acc, test_acc = (metrics[name] for name in PRINTED)
    return f"Epoch {epoch}. Loss: {loss:.6f}, Train acc {train_acc:.6f}, Test acc {test_acc:.6f}"


def _show_finished(tracking: Tracking, run_id: str, outcome: str) -> None:
    """Print the stored epochs of a finished run."""
    stored: dict[int, dict[str, float]] = {}
    for name in PRINTED:
        for step, value in tracking.history(run_id, name).items():
            stored.setdefault(step, {})[name] = value
    for epoch in sorted(stored):
        log.info(_epoch_line(epoch, stored[epoch]))
    log.info(
        f"Outcome: {outcome}. Trained before, as MLflow run {run_id}; "
        "skip_finished=false trains it again."
    )
