"""Reports how a sweep ended: counts, a table over the seeds, and how to repeat what failed."""

import shlex
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from hydra.core.utils import JobReturn, JobStatus
from mlflow.entities import Run
from rich.table import Table

from runner.configuration import LATER_KEYS
from runner.process import SweepError, log, plural, show
from runner.runs import SWEEP_ID_VARIABLE, Failure
from runner.sweeps.plan import Plan

SEEDS = ("seed", "order_seed")
ALWAYS_SHOWN = ("lr", "batch_size")


def report(plan: Plan, results: Sequence[JobReturn], finished: Mapping[str, Run] | None) -> None:
    """Print how the runs ended; `SweepError` if some failed.

    `finished` has the finished runs by `config_hash`. If the server was lost, it is None and there
    is no table.
    """
    outcomes = [_outcome(result) for result in results]
    counts = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
    failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
    not_started = outcomes.count(None)
    parts = [f"{count} {outcome}" for outcome, count in sorted(counts.items())]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{not_started} not started"] if not_started else []
    if finished is not None:
        show(summary_table(plan, finished))
    if results:
        before = len(plan.jobs) - len(plan.pending)
        log.info(
            f"{len(results)} {plural(len(results), 'run')}: {', '.join(parts)}"
            f"{f'; {before} finished before' if before else ''}"
        )
    for result, outcome in zip(results, outcomes, strict=True):
        if isinstance(outcome, Failure):
            log.info(f"failed: {outcome.reason}")
            log.info(f"  log:    {outcome.log_file}")
            log.info(f"  repeat: {repeat_command(result.overrides or ())}")
    if failed or not_started:
        kept = sum(isinstance(outcome, Failure) and outcome.is_kept for outcome in outcomes)
        first = f"{kept} of them {'is' if kept == 1 else 'are'} kept: log with lrstudy-sync, then "
        raise SweepError(
            f"{failed or not_started} of {len(results)} {plural(len(results), 'run')} "
            f"{'failed' if failed else 'not started'}; "
            f"{first if kept else ''}run the command again to train what is not finished"
        )


def job_return(overrides: Sequence[str], outcome: str | Failure | None) -> JobReturn:
    """The return value of a job that could not return it itself."""
    returned = JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED)
    returned.return_value = outcome
    return returned


def summary_table(plan: Plan, finished: Mapping[str, Run]) -> Table:
    """One row per configuration without its seeds: runs, diverged runs, median test accuracy.

    The median covers the final accuracies of the runs that did not diverge. Runs that were
    finished earlier count too; runs that failed or were not started do not.
    """
    logged = {one: job.configuration.params for one, job in plan.jobs.items()}
    params = {one: {**values, **LATER_KEYS, **values} for one, values in logged.items()}
    shown = [
        key
        for key in next(iter(params.values()))
        if key not in SEEDS
        and (key in ALWAYS_SHOWN or len({values[key] for values in params.values()}) > 1)
    ]
    rows: dict[tuple[str, ...], list[Run]] = {}
    for config_hash, values in params.items():
        row = rows.setdefault(tuple(_text(values[key]) for key in shown), [])
        if config_hash in finished:
            row.append(finished[config_hash])
    table = Table(*shown)
    for title in ("runs", "diverged", "median final test accuracy"):
        table.add_column(title, justify="right")
    for row_values, runs in rows.items():
        survivors = [run.data.metrics for run in runs if run.data.tags["outcome"] != "diverged"]
        accuracies = [metrics["test_acc"] for metrics in survivors]
        accuracy = f"{statistics.median(accuracies):.4f}" if accuracies else ""
        if runs and not survivors:
            accuracy = "none survived"
        table.add_row(*row_values, str(len(runs)), str(len(runs) - len(survivors)), accuracy)
    return table


def _text(value: float | int | str) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def repeat_command(overrides: Sequence[str]) -> str:
    """The command that trains the configuration of one job of a sweep."""
    words = [word for word in overrides if SWEEP_ID_VARIABLE not in word]
    if any(word.startswith("+experiment=") for word in words):
        words.append("hydra.mode=RUN")  # a preset may ask for a sweep
    return shlex.join(["lrstudy", *words])


def _outcome(result: JobReturn) -> str | Failure | None:
    if result.status is not JobStatus.COMPLETED:
        raise result.return_value  # not an error of a run: that would be a `Failure`
    outcome: str | Failure | None = result.return_value
    return outcome
