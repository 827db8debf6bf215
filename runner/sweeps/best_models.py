"""Logs the best run of each learning rate in a sweep as a model that MLflow can load and serve."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import numpy as np
from mlflow import MlflowClient
from mlflow.entities import (
    LifecycleStage,
    LoggedModel,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Run,
)
from mlflow.models import Model, ModelSignature
from mlflow.pyfunc import save_model
from mlflow.types import ColSpec, Schema, TensorSpec

from runner.configuration import Configuration
from runner.data import DataSet, Split
from runner.process import InputError, Process, StoreLostError, log, this_process
from runner.tracking import Parameters, Tracking, read_parameters

PROGRAM = Path(__file__).with_name("classifier.py")
OUTPUTS = Schema([ColSpec("string", "label"), ColSpec("double", "probability")])
LOGGED_BY = "logged_by"
"""The tag of a model that names the process logging it."""

NOT_IN_NAMES = str.maketrans(dict.fromkeys("/:.%\"'", "_"))
"""MLflow refuses these in the name of a model."""

REQUIREMENTS = [f"{name}=={metadata.version(name)}" for name in ("mlflow", "numpy", "pandas")]


def log_best_models(
    tracking: Tracking,
    configurations: Mapping[str, Configuration],
    finished: Mapping[str, Run],
    data_set: DataSet,
    test_split: Split,
) -> None:
    """Log a model for the best run of each learning rate, if it does not have one yet.

    Best means the highest test accuracy after the last epoch, among the `finished` runs of the
    given configurations (both by hash) that did not diverge. Of equals, the first in the plan
    wins. A run whose parameters are damaged is named and gets no model.
    """
    _end_orphans(tracking)
    best: dict[float, tuple[Configuration, Run]] = {}
    for config_hash, configuration in configurations.items():
        run = finished.get(config_hash)
        if run is None or run.data.tags["outcome"] == "diverged":
            continue
        leader = best.get(configuration.lr)
        if leader is None or run.data.metrics["test_acc"] > leader[1].data.metrics["test_acc"]:
            best[configuration.lr] = configuration, run
    for lr, (configuration, run) in best.items():
        now = tracking.client.get_run(run.info.run_id)  # since it was read it may have got a model
        has_model = now.outputs and now.outputs.model_outputs
        if now.info.lifecycle_stage == LifecycleStage.ACTIVE and not has_model:
            try:
                parameters = _parameters(tracking, run, data_set.weights_shape)
            except StoreLostError:
                raise
            except InputError as error:
                log.info(f"No model of learning rate {lr:g}: {error}")
            else:
                _log_model(tracking, run, configuration, parameters, data_set, test_split)


def _parameters(tracking: Tracking, run: Run, shape: tuple[int, int]) -> Parameters:
    try:
        return read_parameters(run, tracking.uri, shape)
    except InputError:
        tracking.client.get_run(run.info.run_id)  # waits for a server that is away
        return read_parameters(run, tracking.uri, shape)


def _log_model(
    tracking: Tracking,
    run: Run,
    configuration: Configuration,
    parameters: Parameters,
    data_set: DataSet,
    test_split: Split,
) -> None:
    """Log a run's final parameters as its model, with its last test metrics.

    `mlflow.pyfunc.log_model` is not used: it needs a global store and an open run.
    """
    client, run_id = tracking.client, run.info.run_id
    logged = client.create_logged_model(
        tracking.experiment_id,
        name=configuration.name.translate(NOT_IN_NAMES),
        source_run_id=run_id,
        params=run.data.params,
        tags={LOGGED_BY: this_process().to_text()},
    )
    with _finalized(client, logged.model_id), tempfile.TemporaryDirectory() as folder:
        saved, file = Path(folder) / "model", Path(folder) / "parameters.npz"
        np.savez(file, **parameters._asdict())
        save_model(
            saved,
            python_model=str(PROGRAM),
            artifacts={"parameters": str(file)},
            model_config={"labels": list(data_set.labels)},
            signature=ModelSignature(
                inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, *data_set.shape))]),
                outputs=OUTPUTS,
            ),
            input_example=test_split.images[:2],
            pip_requirements=REQUIREMENTS,
            mlflow_model=Model(
                artifact_path=logged.artifact_location, run_id=run_id, model_id=logged.model_id
            ),
        )
        client.log_model_artifacts(logged.model_id, str(saved))
    histories = [client.get_metric_history(run_id, name) for name in ("test_acc", "test_loss")]
    last = [history[-1] for history in histories if history]
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, last[0].step)])
    client.log_batch(
        run_id,
        metrics=[
            Metric(one.key, one.value, one.timestamp, one.step, model_id=logged.model_id)
            for one in last
        ],
    )


@contextlib.contextmanager
def _finalized(client: MlflowClient, model_id: str) -> Iterator[None]:
    """The model is READY after the block, and FAILED if the block raises; never left PENDING."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(StoreLostError):
            client.finalize_logged_model(model_id, LoggedModelStatus.FAILED)
        raise
    client.finalize_logged_model(model_id, LoggedModelStatus.READY)


def _end_orphans(tracking: Tracking) -> None:
    """Mark models as FAILED that a process left PENDING when it was killed."""
    for model in _models(tracking):
        if model.status != LoggedModelStatus.PENDING or LOGGED_BY not in model.tags:
            continue
        with contextlib.suppress(ValueError):  # another program's tag of this name
            if Process.from_text(model.tags[LOGGED_BY]).is_gone:
                tracking.client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED)


def _models(tracking: Tracking) -> Iterator[LoggedModel]:
    token: str | None = None
    while True:
        page = tracking.client.search_logged_models([tracking.experiment_id], page_token=token)
        yield from page
        token = page.token
        if not token:
            return
