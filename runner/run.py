"""One run: configuration -> data -> training -> MLflow, with a printed line per epoch."""

import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runner import data
from runner.config import Configuration, configuration_of, sweep_id_of
from runner.console import console, log
from runner.data import Split
from runner.fetch import fetch_if_missing
from runner.notes import outcome_note
from runner.store import open_tracking
from runner.tracking import RunLog, Tracking
from runner.views import NOTE

if TYPE_CHECKING:
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
    if sweep_id is None and cfg.skip_finished:
        finished = tracking.finished(config_hash).get(config_hash)
        if finished:
            log.info(configuration.name)
            outcome: str = finished.data.tags["outcome"]
            _show_finished(tracking, finished.info.run_id, outcome)
            return outcome
    fetch_if_missing(cfg.data.root, log.info)
    train_split, test_split = data.load(cfg.data.root)
    log.info(configuration.name)
    tags = {
        "kind": "run",
        "config_hash": config_hash,
        "sweep_id": sweep_id or sweep_id_of({config_hash}),
    }
    with tracking.run(configuration.name, tags) as run_log:
        run_log.params(configuration.params)
        run_log.datasets({"train": configuration.train_limit, "test": configuration.test_limit})
        for name, text in config_files.items():
            run_log.text(text, f"config/{name}")
        outcome = _train(
            configuration,
            train_split.first(configuration.train_limit),
            test_split.first(configuration.test_limit),
            run_log,
        )
    if sweep_id is None:
        log.info(f"MLflow run {run_log.run_id} in {tracking.uri}")
    return outcome


def _train(
    configuration: Configuration, train_split: Split, test_split: Split, run_log: RunLog
) -> str:
    """Train, print and log every epoch; the outcome."""
    from runner.curves import log_curves  # MXNet and Matplotlib take seconds: only when training
    from runner.outcome import summarise
    from runner.train import train

    records = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(),
        transient=True,
        disable=not console().is_terminal,
    ) as progress:
        bar = progress.add_task("Epochs", total=configuration.epochs)
        for record in train(
            train_split,
            test_split,
            step_size=configuration.step_size,
            batch_size=configuration.batch_size,
            epochs=configuration.epochs,
            seed=configuration.seed,
            order_seed=configuration.order_seed,
            loss=configuration.loss,
            init_sigma=configuration.init_sigma,
            stop_on_divergence=configuration.on_divergence == "stop",
        ):
            records.append(record)
            log.info(_epoch_line(record.epoch, record.metrics))
            run_log.metrics(record.metrics, record.epoch)
            progress.update(bar, completed=record.epoch)
    last = records[-1]
    summary = summarise(records)
    run_log.metrics(summary.metrics, last.epoch)
    run_log.tags({"outcome": summary.outcome, NOTE: outcome_note(records, summary)})
    log_curves(records, run_log)
    run_log.parameters(W0=records[0].W, b0=records[0].b, W=last.W, b=last.b)
    if summary.diverged_epoch is not None:
        before, fatal = records[summary.diverged_epoch - 1 : summary.diverged_epoch + 1]
        _log_divergence(configuration, train_split, before, fatal, run_log)
    elif summary.outcome == "stalled":
        log.info("Stalled: the model never became better than the untrained one.")
    return summary.outcome


def _log_divergence(
    configuration: Configuration,
    train_split: Split,
    before: "Record",
    fatal: "Record",
    run_log: RunLog,
) -> None:
    """Print the cause of a divergence; log it as a tag, as JSON and as a picture."""
    from runner.pictures import save_divergence  # both only where a run diverged
    from runner.postmortem import examine

    found = examine(
        train_split,
        before,
        fatal,
        step_size=configuration.step_size,
        batch_size=configuration.batch_size,
        order_seed=configuration.order_seed,
        loss=configuration.loss,
    )
    log.info(f"Diverged ({found.cause}). {found.sentence}")
    run_log.tags({"divergence_cause": found.cause, NOTE: f"**Diverged**. {found.sentence}"})
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
