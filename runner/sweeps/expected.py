"""What width of interval to expect of a planned sweep, from earlier runs of the same settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from mlflow.entities import Run

from runner.configuration import Configuration
from runner.variance import split_variance, spread_of_runs, spread_of_table

FEWEST = 5
"""Earlier survivors that a variance is estimated from, and planned runs that have an interval."""

SEEDS = ("seed", "order_seed")

METRIC = "test_acc"


@dataclass(frozen=True)
class Expected:
    """What to expect of the runs of one setting, as its name says.

    `reach` is how far the 95 % interval of the mean final test accuracy will go to each side, over
    the planned runs that survive; None where nothing can be said. It comes from `survivors` of
    `earlier` runs.
    """

    setting: str
    planned: int
    earlier: int
    survivors: int
    reach: float | None


def expected(
    configurations: Iterable[Configuration], finished: Mapping[str, Run]
) -> list[Expected]:
    """The interval's reach for each setting that is planned with five runs or more.

    `finished` are the finished runs of the experiment. Those of the same keys but the seeds give
    the variance: by seed, order and rest where their seeds cross with orders, else in all. Planned
    runs that cross seeds with orders have the interval of a two-way table, others that of
    independent runs; as many are taken to be lost as earlier (of a table, of its seeds). Where
    only the whole variance is known, a table is taken for as many independent runs as the fewer of
    its seeds and orders: more than that nobody can promise. Earlier runs of one order (or one
    seed) say nothing of a plan that varies it.
    """
    planned: dict[str, list[Configuration]] = {}
    for one in configurations:
        planned.setdefault(_setting(one.params), []).append(one)
    earlier: dict[str, list[Run]] = {}
    for run in finished.values():
        earlier.setdefault(_setting(run.data.params), []).append(run)
    return [
        _expected(jobs, earlier.get(setting, []))
        for setting, jobs in planned.items()
        if len(jobs) >= FEWEST
    ]


def _setting(params: Mapping[str, object]) -> str:
    """The keys but the seeds, as MLflow keeps them: texts."""
    return str(sorted((key, str(value)) for key, value in params.items() if key not in SEEDS))


def _expected(jobs: list[Configuration], earlier: list[Run]) -> Expected:
    alive = [
        run
        for run in earlier
        if run.data.tags["outcome"] != "diverged"
        and all(run.data.params[name].isdecimal() for name in SEEDS)  # a store may hold anything
    ]
    words = jobs[0].name.split(" ")
    return Expected(
        setting=" ".join(word for word in words if word.partition("=")[0] not in SEEDS),
        planned=len(jobs),
        earlier=len(earlier),
        survivors=len(alive),
        reach=_reach(jobs, alive, len(alive) / len(earlier)) if len(alive) >= FEWEST else None,
    )


def _reach(jobs: list[Configuration], alive: list[Run], share: float) -> float | None:
    values = np.array([run.data.metrics[METRIC] for run in alive])
    labels = [np.array([int(run.data.params[name]) for run in alive]) for name in SEEDS]
    varied = [len({getattr(one, name) for one in jobs}) for name in SEEDS]
    known = [len(np.unique(one)) for one in labels]
    if any(earlier == 1 < planned for earlier, planned in zip(known, varied, strict=True)):
        return None
    split = split_variance(values, *labels)
    crossed = min(varied) > 1 and len(jobs) > max(varied)
    if crossed and split:
        seeds, orders = round(varied[0] * share), varied[1]
        return spread_of_table(split, seeds, orders).reach() if seeds > 1 else None
    runs = round((min(varied) if crossed else len(jobs)) * share)
    variance = float(np.var(values, ddof=1))
    if split:
        sources = zip((split.seed, split.order_seed), varied, strict=True)
        variance = split.rest + sum(max(0.0, one) for one, planned in sources if planned > 1)
    return spread_of_runs(variance, runs).reach() if runs > 1 else None
