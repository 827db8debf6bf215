"""The parameters that a run logged: those it started from and those it ended with."""

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from runner.data import LESSON_SHAPE
from runner.process import InputError, one_line, revealed, store_address
from runner.tracking import Parameters, read_parameters


def load_parameters(
    run_id: str, uri: str | None = None, shape: tuple[int, int] = LESSON_SHAPE
) -> Parameters:
    """Read the artifact `parameters.npz` of a run from an MLflow store, local or a server.

    `shape` is what that of W must be: the pixels and classes of the run's data.

    Raises `InputError` where the run has no such artifact, or one that is damaged.
    """
    address = revealed(store_address(uri))
    try:
        run = MlflowClient(address).get_run(run_id)
    except MlflowException as error:
        raise InputError(f"MLflow run {one_line(run_id)} cannot be read from {address}") from error
    return read_parameters(run, address, shape)
