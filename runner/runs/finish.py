"""Logs what a run has once it is trained: outcome, parameters, picture, and why it diverged."""

import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from runner.configuration import Configuration
from runner.data import Split
from runner.process import log
from runner.records import Floats, PostMortem, Record, Trained
from runner.runs import outcome
from runner.runs.description import outcome_note
from runner.tracking import NOTE, RunLog


def log_trained(
    trained: Trained, configuration: Configuration, train_split: Split, run_log: RunLog
) -> str:
    """Log a whole run whose epochs have not been logged yet; return its outcome."""
    epochs = {record.epoch: record.metrics for record in trained.records}
    return log_outcome(trained, configuration, train_split, run_log, configuration.params, epochs)


def arrays_of(trained: Trained) -> dict[str, Floats]:
    """The last W (784, 10 or as the data has them) and b, and the first, W0 and b0."""
    first, last = trained.records[0], trained.records[-1]
    return {"W": last.W, "b": last.b, "W0": first.W, "b0": first.b}


def log_outcome(
    trained: Trained,
    configuration: Configuration,
    train_split: Split,
    run_log: RunLog,
    params: Mapping[str, object] = MappingProxyType({}),
    epochs: Mapping[int, Mapping[str, float]] = MappingProxyType({}),
) -> str:
    """Log what a run has only once, and any `epochs` not logged yet; return its outcome."""
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
        if found.example is not None:
            tags["divergence_example"] = str(found.example)
    metrics = {**epochs, last.epoch: {**epochs.get(last.epoch, {}), **summary.metrics}}
    run_log.log(params=params, metrics=metrics, tags=tags)
    run_log.parameters(**arrays_of(trained))
    _log_curves(trained.records, run_log)
    if found is not None:
        log.info(f"Diverged ({found.cause}). {found.sentence}")
        _log_divergence(found, train_split, configuration.data_set.labels, run_log)
    elif summary.outcome == "stalled":
        log.info("Stalled: the model never became better than the untrained one.")
    return summary.outcome


def _log_curves(records: Sequence[Record], run_log: RunLog) -> None:
    """Log a picture as the artifact `curves.png`, if the run survived an epoch."""
    from runner.pictures import save_curves  # slow to import, needed only here

    if records[1].diverged_update is not None:
        return
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "curves.png"
        save_curves(records, picture)
        run_log.file(picture)


def _log_divergence(
    found: PostMortem, train_split: Split, labels: Sequence[str], run_log: RunLog
) -> None:
    """Log a post-mortem as JSON, and as a picture if one image is to blame."""
    from runner.pictures import save_divergence  # slow to import, needed only here

    run_log.text(found.to_json(), "divergence/post_mortem.json")
    if found.example is not None and found.label is not None and found.guilty_class is not None:
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "guilty_image.png"
            image = train_split.images[found.example]
            title = "\n".join(textwrap.wrap(f"{found.cause}: {found.sentence}", 100))
            save_divergence(
                image, found.label, found.guilty_class, found.logits or (), labels, title, picture
            )
            run_log.file(picture, "divergence")
