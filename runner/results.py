"""What became of a sweep: counts, a table over the seeds, and how to repeat what failed."""

import shlex
from collections import Counter
from collections.abc import Sequence

from hydra.core.utils import JobReturn, JobStatus

from runner.console import log, plural
from runner.errors import SweepError
from runner.job import SWEEP_ID_VARIABLE, Failure
from runner.plan import Plan


def report(plan: Plan, results: Sequence[JobReturn]) -> None:
    """Say what became of the runs; `SweepError` where some failed."""
    outcomes = [_outcome(result) for result in results]
    counts = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
    failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
    not_started = outcomes.count(None)
    parts = [f"{count} {outcome}" for outcome, count in sorted(counts.items())]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{not_started} not started"] if not_started else []
    if results:
        log.info(f"{len(results)} {plural(len(results), 'run')}: {', '.join(parts)}")
    for result, outcome in zip(results, outcomes, strict=True):
        if isinstance(outcome, Failure):
            log.info(f"failed: {outcome.reason}")
            log.info(f"  log:    {outcome.log_file}")
            log.info(f"  repeat: {repeat_command(result.overrides or ())}")
    if failed:
        raise SweepError(
            f"{failed} of {len(results)} {plural(len(results), 'run')} failed; "
            "started again, the command trains what is not finished"
        )


def repeat_command(overrides: Sequence[str]) -> str:
    """The command that trains the one configuration of a sweep's job."""
    words = [word for word in overrides if SWEEP_ID_VARIABLE not in word]
    if any(word.startswith("+experiment=") for word in words):
        words.append("hydra.mode=RUN")  # a preset may ask for a sweep
    return shlex.join(["lrstudy", *words])


def _outcome(result: JobReturn) -> str | Failure | None:
    if result.status is not JobStatus.COMPLETED:
        raise result.return_value  # not from a run: those come back as a `Failure`
    outcome: str | Failure | None = result.return_value
    return outcome
