"""Logs runs to an MLflow experiment and finds finished ones."""

import contextlib
import math
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mlflow import MlflowClient
from mlflow.entities import Run

from runner.process import StoreLostError, masked
from runner.tracking.finished_run import damage
from runner.tracking.origin import SOURCE, origin_tags, process_tags
from runner.tracking.retry import PatientClient, patiently
from runner.tracking.run_log import RunLog
from runner.tracking.write_ahead import write_through

OWN = f"tags.`mlflow.source.name` = '{SOURCE}'"
"""The condition for runs of this program; an experiment may hold those of others too."""

TRACEBACK = "traceback.txt"
"""The artifact that holds a failed run's traceback."""

LARGEST_STORED = 1.797e308
"""MLflow stores an infinite metric as a number this large."""


@dataclass(frozen=True)
class Tracking:
    """An MLflow experiment in a store; `client` is MLflow's, but waits for a lost server."""

    uri: str
    experiment_id: str

    @cached_property
    def client(self) -> MlflowClient:
        return PatientClient(self.uri)

    def finished(
        self, config_hash: str | None = None, *, since: float | None = None
    ) -> dict[str, Run]:
        """The newest whole FINISHED run of each `config_hash`, or only of the one given.

        `since` (seconds, from `time.time`) leaves out runs that started earlier.
        """
        condition = "tags.kind = 'run' and attributes.status = 'FINISHED'"
        if config_hash is not None:
            condition += f" and tags.config_hash = '{config_hash}'"
        if since is not None:
            condition += f" and attributes.start_time >= {int(since * 1000)}"
        newest: dict[str, Run] = {}
        for run in self.runs(condition):
            if damage(run) is None:
                newest.setdefault(run.data.tags["config_hash"], run)
        return newest

    def runs(self, condition: str) -> Iterator[Run]:
        """All runs of this program that match a condition in MLflow's search syntax, newest first.

        Runs of other programs are left out, whatever their tags.
        """
        condition = f"{condition} and {OWN}" if condition else OWN
        token: str | None = None
        while True:
            page = self.client.search_runs(
                [self.experiment_id],
                condition,
                max_results=1000,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from page
            token = page.token
            if not token:
                return

    def history(self, run_id: str, metric: str) -> dict[int, float]:
        """The values of a run's metric by step, with infinite ones restored."""
        stored = self.client.get_metric_history(run_id, metric)
        return {one.step: _restore(one.value) for one in stored}

    def histories(self, run_ids: Sequence[str], metric: str) -> dict[str, dict[int, float]]:
        """The same for many runs.

        MLflow's client asks run by run. If the store is a database, it is asked directly instead,
        with one query for 500 runs.
        """
        in_bulk = getattr(self.client._tracking_client.store, "get_metric_history_bulk", None)
        if in_bulk is None:
            return {run_id: self.history(run_id, metric) for run_id in run_ids}
        in_bulk = patiently(self.uri, in_bulk)
        found: dict[str, dict[int, float]] = {run_id: {} for run_id in run_ids}
        for start in range(0, len(run_ids), 500):
            for one in in_bulk(run_ids[start : start + 500], metric, max_results=10**9):
                found[one.run_id][one.step] = _restore(one.value)
        return found

    @contextlib.contextmanager
    def run(
        self, name: str, tags: Mapping[str, str], *, resume: str | None = None
    ) -> Iterator[RunLog]:
        """A run that is open in the block; it ends as FINISHED, KILLED (interrupt) or FAILED.

        A finished run is on the disk, so that it survives a power cut, too.
        A failed run gets its traceback as an artifact. `resume` is the id of a run to reopen
        instead of creating one.
        """
        if resume is None:
            run = self.client.create_run(
                self.experiment_id, run_name=name, tags={**origin_tags(), **tags}
            )
            run_id = run.info.run_id
        else:
            run_id = resume
            self.client.update_run(run_id, "RUNNING")
            RunLog(self.client, run_id).log(tags={**process_tags(), **tags})
        try:
            yield RunLog(self.client, run_id)
        except KeyboardInterrupt:
            with contextlib.suppress(StoreLostError):
                self.client.set_terminated(run_id, "KILLED")
            raise
        except (Exception, SystemExit):
            with contextlib.suppress(StoreLostError):  # report what the run died of, not this
                try:
                    self.client.log_text(run_id, masked(traceback.format_exc()), TRACEBACK)
                finally:
                    self.client.set_terminated(run_id, "FAILED")
            raise
        self.client.set_terminated(run_id, "FINISHED")
        write_through(self.uri)


def _restore(value: float) -> float:
    """Undo MLflow's conversion of infinite values to the largest number its store can hold.

    SQLite keeps a text in a column of numbers, too; it counts as a value that is missing.
    """
    if not isinstance(value, float):
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= LARGEST_STORED else value
