"""Logs one run: parameters, metrics, tags, files, and the data it used."""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag

from runner.data import DataSet
from runner.tracking.kept import KeptClient

OWN = "local"
"""MLflow's type of a source that is on this machine, as a user's own data is."""

METRICS_PER_BATCH = 800
"""MLflow accepts 1,000 metrics, params and tags per transaction."""


@dataclass(frozen=True)
class RunLog:
    """Logs one run to MLflow, or to files that keep it."""

    client: MlflowClient | KeptClient
    run_id: str

    def log(
        self,
        *,
        params: Mapping[str, object] = MappingProxyType({}),
        metrics: Mapping[int, Mapping[str, float]] = MappingProxyType({}),
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Log params, metrics by step (completed epochs), and tags.

        Takes one transaction per `METRICS_PER_BATCH` metrics. Metrics may be nan or infinite. A
        tag replaces its earlier value.
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

    def texts(self, texts: Mapping[str, str]) -> None:
        """Log texts as artifacts, by path."""
        with self.artifacts() as files:
            files.texts(texts)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Log a file as an artifact, in `folder` if given."""
        with self.artifacts() as files:
            shutil.copy(path, files.path(f"{folder or '.'}/{path.name}"))

    @contextlib.contextmanager
    def artifacts(self) -> Iterator["Artifacts"]:
        """Files that are logged together when the block ends."""
        with tempfile.TemporaryDirectory() as folder:
            yield Artifacts(Path(folder))
            self.client.log_artifacts(self.run_id, folder)

    def datasets(self, data_set: DataSet, examples: Mapping[str, int]) -> None:
        """Log which data the run used: each split with the digests of its files.

        `examples` gives the number of "train" and "test" examples in use.
        """
        inputs = []
        for split, files in data_set.files.items():
            dataset = Dataset(
                name=f"{data_set.folder_name}-{split}",
                digest=data_set.digest_of(split),
                source_type=OWN if data_set.root else "http",
                source=json.dumps(
                    {"uri": data_set.root}
                    if data_set.root
                    else {"url": data_set.addresses[0] + files[0]}
                ),
            )
            tags = {"mlflow.data.context": split, "examples": str(examples[split])}
            tags |= {f"{data_set.algorithm} {name}": data_set.digests[name] for name in files}
            inputs.append(DatasetInput(dataset, [InputTag(*item) for item in tags.items()]))
        self.client.log_inputs(self.run_id, inputs)


def own_root(run: Run) -> str | None:
    """Where a run found a user's own data; None for published data."""
    for one in run.inputs.dataset_inputs if run.inputs else []:
        if one.dataset.source_type == OWN:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                return str(json.loads(one.dataset.source)["uri"])
    return None


@dataclass(frozen=True)
class Artifacts:
    """Files to be logged, in a folder of their own."""

    folder: Path

    def path(self, artifact: str) -> Path:
        """Where to write the artifact of this path."""
        path = self.folder / artifact
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def texts(self, texts: Mapping[str, str]) -> None:
        """Write texts as the artifacts of these paths."""
        for artifact, text in texts.items():
            self.path(artifact).write_text(text, encoding="utf-8")
