"""What one run logs: parameters, figures, tags, files, and the data it saw."""

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from runner.data import DataSet
from runner.tracking.kept import KeptClient

METRICS_PER_BATCH = 800
"""MLflow takes 1,000 figures, params and tags in one transaction."""


@dataclass(frozen=True)
class RunLog:
    """Where one run logs to: MLflow, or files kept for it."""

    client: MlflowClient | KeptClient
    run_id: str

    def log(
        self,
        *,
        params: Mapping[str, object] = MappingProxyType({}),
        metrics: Mapping[int, Mapping[str, float]] = MappingProxyType({}),
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Log what the run was asked for, figures by step (completed epochs), and tags.

        All in one transaction for every `METRICS_PER_BATCH` figures. Figures may be nan or
        infinite; an earlier value of a tag is replaced.
        """
        now = int(time.time() * 1000)
        figures = [
            Metric(key, value, now, step)
            for step, values in metrics.items()
            for key, value in values.items()
        ]
        self.client.log_batch(
            self.run_id,
            figures[:METRICS_PER_BATCH],
            [Param(key, str(value)) for key, value in params.items()],
            [RunTag(*item) for item in tags.items()],
        )
        for start in range(METRICS_PER_BATCH, len(figures), METRICS_PER_BATCH):
            self.client.log_batch(self.run_id, figures[start : start + METRICS_PER_BATCH])

    def text(self, text: str, artifact: str) -> None:
        """Log a text as the artifact of that path."""
        self.client.log_text(self.run_id, text, artifact)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Log a file as an artifact, in `folder` if given."""
        self.client.log_artifact(self.run_id, str(path), folder)

    def parameters(self, **arrays: npt.NDArray[Any]) -> None:
        """The last W (784, 10) and b (10,) and the first, W0 and b0, as `parameters.npz`."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "parameters.npz"
            np.savez(path, **arrays)
            self.file(path)

    def datasets(self, data_set: DataSet, examples: Mapping[str, int]) -> None:
        """Say which data the run saw: each split with the SHA-256 of its files.

        `examples` gives the number of examples in use of "train" and "test".
        """
        inputs = []
        for split, files in data_set.files.items():
            dataset = Dataset(
                name=f"{data_set.folder_name}-{split}",
                digest=data_set.digest_of(split),
                source_type="http",
                source=json.dumps({"url": data_set.addresses[0] + files[0]}),
            )
            tags = {"mlflow.data.context": split, "examples": str(examples[split])}
            tags |= {f"sha256 {name}": data_set.sha256[name] for name in files}
            inputs.append(DatasetInput(dataset, [InputTag(*item) for item in tags.items()]))
        self.client.log_inputs(self.run_id, inputs)
