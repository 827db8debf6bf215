"""The parameters that a run logged: those it started from and those it ended with."""

import tempfile
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from runner.process import InputError
from runner.tracking import store_address


class Parameters(NamedTuple):
    """W (784, 10) and b (10,) as float32: untrained (`W0`, `b0`) and after the last epoch."""

    W0: npt.NDArray[np.float32]
    b0: npt.NDArray[np.float32]
    W: npt.NDArray[np.float32]
    b: npt.NDArray[np.float32]


def load_parameters(run_id: str, uri: str | None = None) -> Parameters:
    """Read the artifact `parameters.npz` of a run from an MLflow store, local or a server.

    Raises `InputError` where the run has no such artifact, or one without `W0` and `b0`.
    """
    address = store_address(uri)
    try:
        artifacts = MlflowClient(address).get_run(run_id).info.artifact_uri
        with tempfile.TemporaryDirectory() as folder:
            # By its address, not by the run: MLflow would ask the store for the run twice more.
            path = download_artifacts(
                artifact_uri=f"{artifacts}/parameters.npz", dst_path=folder, tracking_uri=address
            )
            with np.load(path) as arrays:
                return Parameters(*(arrays[name] for name in Parameters._fields))
    except (KeyError, MlflowException, OSError) as error:
        raise InputError(
            f"run {run_id} has no parameters.npz with {', '.join(Parameters._fields)}; "
            "train it again with skip_finished=false"
        ) from error
