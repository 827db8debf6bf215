"""Logs what a run has once it is trained: outcome, parameters, picture, and why it diverged."""

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from runner.configuration import Configuration
from runner.data import Split
from runner.process import log_of_run
from runner.records import Floats, PostMortem, Record, Trained
from runner.runs import outcome
from runner.runs.description import outcome_note
from runner.tracking import NOTE, Artifacts, RunLog


def log_trained(
    trained: Trained,
    configuration: Configuration,
    train_split: Split,
    run_log: RunLog,
    texts: Mapping[str, str],
) -> str:
    """Log a whole run whose epochs have not been logged yet; return its outcome.

    `texts` are further artifacts, by path.
    """
    epochs = {record.epoch: record.metrics for record in trained.records}
    params = configuration.params
    return log_outcome(trained, configuration, train_split, run_log, params, epochs, texts)


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
    texts: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Log what a run has only once, and what is not logged yet; return its outcome.

    `params`, the metrics of `epochs` and `texts`, artifacts by path, are what is not logged yet.
    """
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
    with run_log.artifacts() as files:
        files.texts(texts)
        np.savez(files.path("parameters.npz"), **arrays_of(trained))  # type: ignore[arg-type]  # none is named allow_pickle
        _save_curves(trained.records, files)
        if found is not None:
            _save_divergence(found, train_split, configuration.data_set.labels, files)
    if found is not None:
        log_of_run.info(f"Diverged ({found.cause}). {found.sentence}")
    elif summary.outcome == "stalled":
        log_of_run.info("Stalled: the model never became better than the untrained one.")
    return summary.outcome


def _save_curves(records: Sequence[Record], files: Artifacts) -> None:
    """Save a picture as the artifact `curves.png`, if the run survived an epoch."""
    from runner.pictures import save_curves  # slow to import, needed only here

    if records[1].diverged_update is None:
        save_curves(records, files.path("curves.png"))


def _save_divergence(
    found: PostMortem, train_split: Split, labels: Sequence[str], files: Artifacts
) -> None:
    """Save a post-mortem as JSON, and as a picture if one image is to blame."""
    from runner.pictures import save_divergence  # slow to import, needed only here

    files.texts({"divergence/post_mortem.json": found.to_json()})
    if found.example is not None and found.label is not None and found.guilty_class is not None:
        save_divergence(
            train_split.images[found.example],
            found.label,
            found.guilty_class,
            found.logits or (),
            labels,
            title="\n".join(textwrap.wrap(f"{found.cause}: {found.sentence}", 100)),
            path=files.path("divergence/guilty_image.png"),
        )
