"""How often 95 % intervals cover the true value: `make coverage` prints the tables of the docs.

They stand in docs/statistics.md. Every cell has a generator of its own, seeded by its place, so
that the numbers repeat exactly.
"""

import itertools
import sys
import warnings

import numpy as np
from scipy import stats
from support.populations import CROSSED, CROSSED_PAIRS, HORIZON, PAIRS, SINGLE, staggered_runs

from analysis.statistics import two_way
from analysis.statistics.intervals import (
    interquartile_mean,
    iqm_difference,
    mean,
    median,
    wilson,
)
from analysis.statistics.paired import probability_of_improvement
from analysis.statistics.survival import kaplan_meier

SAMPLES = 2000
CROSSED_SAMPLES = 500
"""Of crossed seeds and orders, of which a sample is ten times as large."""
SIZES = (5, 10, 30)
RESAMPLES = 1000
"""Of the rejected bootstraps; ours has a number of its own."""


def each(estimate):
    """The bounds (2, m) of an estimate of ours for each row of samples (m, n)."""
    return lambda samples, rng: np.array([estimate(values)[1:] for values in samples]).T


def each_pair(estimate):
    """The same for pairs: samples are two arrays (m, n)."""
    return lambda samples, rng: (
        np.array([estimate(first, second)[1:] for first, second in zip(*samples, strict=True)]).T
    )


def drawing(estimate):
    """As `each` for estimates that draw from a generator."""
    return lambda samples, rng: np.array([estimate(values, rng)[1:] for values in samples]).T


def improvement(first, second):
    """Of independent pairs."""
    own = np.arange(len(first))
    return probability_of_improvement(first, second, own, own)


def student(samples, rng):
    interval = stats.ttest_1samp(samples, 0, axis=1).confidence_interval(0.95)
    return interval.low, interval.high


def scipy_bootstrap(statistic, method):
    def bounds(samples, rng):
        parts = []
        for some in np.array_split(samples, 1 + samples.size // 2000):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a sample of equal values has no BCa interval
                interval = stats.bootstrap(
                    (some,), statistic, axis=1, n_resamples=RESAMPLES, method=method,
                    vectorized=True, random_state=rng,
                ).confidence_interval  # fmt: skip
            parts.append([interval.low, interval.high])
        return np.concatenate(parts, axis=1)

    return bounds


def bootstrap_t(values, rng):
    """The bootstrap of (mean - true mean) / sd of one sample (n,)."""
    drawn = values[rng.integers(len(values), size=(RESAMPLES, len(values)))]
    spread = np.maximum(drawn.std(axis=1, ddof=1), 1e-12)
    low, high = np.quantile((drawn.mean(axis=1) - values.mean()) / spread, [0.025, 0.975])
    return None, *(values.mean() - values.std(ddof=1) * np.array([high, low]))


def order_statistics(samples, rng):
    """The narrowest pair of opposite order statistics with at least 95 %, else the widest."""
    n, ordered = samples.shape[1], np.sort(samples, axis=1)
    rank = max(1, int(stats.binom.ppf(0.025, n, 0.5)))
    return ordered[:, rank - 1], ordered[:, -rank]


def yuen(samples, rng):
    """Student's t with the winsorised variance (Tukey and McLaughlin 1963)."""
    n, cut = samples.shape[1], samples.shape[1] // 4
    kept = n - 2 * cut
    ends = np.sort(samples, axis=1)[:, [cut, n - cut - 1]]
    spread = np.clip(samples, ends[:, :1], ends[:, 1:]).std(axis=1, ddof=1)
    half = stats.t.ppf(0.975, kept - 1) * spread * np.sqrt((n - 1) / (kept * (kept - 1)))
    centre = stats.trim_mean(samples, 0.25, axis=1)
    return centre - half, centre + half


def trimmed(samples, axis=-1):
    return stats.trim_mean(samples, 0.25, axis=axis)


def differences(bounds):
    return lambda samples, rng: bounds(samples[0] - samples[1], rng)


def wald(first, second):
    share = np.mean((first > second) + (first == second) / 2)
    half = stats.norm.ppf(0.975) * np.sqrt(share * (1 - share) / len(first))
    return None, share - half, share + half


METHODS = {
    "Over seeds": (
        (SINGLE, "mean", "**Hall's transformation**", each(mean)),
        (SINGLE, "mean", "Student's t", student),
        (SINGLE, "mean", "percentile bootstrap", scipy_bootstrap(np.mean, "percentile")),
        (SINGLE, "mean", "BCa bootstrap", scipy_bootstrap(np.mean, "BCa")),
        (SINGLE, "mean", "bootstrap-t", drawing(bootstrap_t)),
        (SINGLE, "median", "**Hettmansperger-Sheather**", each(median)),
        (SINGLE, "median", "order statistics", order_statistics),
        (SINGLE, "iqm", "**expanded percentile bootstrap**", each(interquartile_mean)),
        (SINGLE, "iqm", "percentile bootstrap", scipy_bootstrap(trimmed, "percentile")),
        (SINGLE, "iqm", "Yuen's t", yuen),
    ),
    "Pairs of runs with the same seed": (
        (PAIRS, "improvement", "**Wilson**",
         each_pair(improvement)),
        (PAIRS, "improvement", "Wald", each_pair(wald)),
        (PAIRS, "mean difference", "**Hall's transformation**",
         each_pair(lambda first, second: mean(first - second))),
        (PAIRS, "mean difference", "percentile bootstrap",
         differences(scipy_bootstrap(np.mean, "percentile"))),
        (PAIRS, "iqm difference", "**expanded percentile bootstrap**", each_pair(iqm_difference)),
    ),
}  # fmt: skip
"""Populations, estimate, interval (ours in bold), and how to get its bounds, by table."""


def crossed(estimate):
    """The bounds (2, m) of a two-way estimate for samples (m, seeds, orders), or for pairs."""

    def bounds(samples, rng):
        several = samples if isinstance(samples, tuple) else (samples,)
        _, *sides = several[0].shape
        labels = [place.ravel() for place in np.indices(sides)]
        flat = [side.reshape(len(side), -1) for side in several]
        return np.array([estimate(*one, *labels)[1:] for one in zip(*flat, strict=True)]).T

    return bounds


def one_way(estimate):
    """The same, were all runs independent."""
    return crossed(lambda *values_and_labels: estimate(*values_and_labels[:-2]))


def below(threshold):
    return lambda values, *labels: two_way.share((values < threshold).astype(float), *labels)


def shares_below(population):
    return crossed(below(population.truth["threshold"]))


def pigeonhole(statistic, degrees):
    """Plain percentiles of the pigeonhole bootstrap, or those that Student's t asks for."""

    def bounds(samples, rng):
        _, a, b = samples.shape
        share = stats.norm.cdf(-stats.t.ppf(0.975, min(a, b) - 1)) if degrees else 0.025
        found = []
        for values in samples:
            seeds, orders = (rng.integers(n, size=(RESAMPLES, n)) for n in (a, b))
            drawn = values[seeds[:, :, None], orders[:, None, :]].reshape(RESAMPLES, -1)
            found.append(np.quantile(statistic(drawn, axis=1), [share, 1 - share]))
        return np.array(found).T

    return bounds


CROSSED_SIZES = ((5, 5), (10, 10), (15, 10))
"""Seeds and orders."""

CROSSED_METHODS = (
    (CROSSED, "mean", "**components, Student's t**", crossed(two_way.mean)),
    (CROSSED, "mean", "as if independent", one_way(mean)),
    (CROSSED, "mean", "pigeonhole, percentiles", pigeonhole(np.mean, degrees=False)),
    (CROSSED, "median", "**Woodruff, components**", crossed(two_way.median)),
    (CROSSED, "median", "as if independent", one_way(median)),
    (CROSSED, "median", "pigeonhole, percentiles", pigeonhole(np.median, degrees=False)),
    (CROSSED, "iqm", "**pigeonhole, t's percentiles**", crossed(two_way.interquartile_mean)),
    (CROSSED, "iqm", "pigeonhole, percentiles", pigeonhole(trimmed, degrees=False)),
    (CROSSED, "share", "**Wilson, effective number**", shares_below),
)
CROSSED_PAIR_METHODS = (
    (CROSSED_PAIRS, "mean difference", "**components, Student's t**",
     crossed(lambda first, second, *labels: two_way.mean(first - second, *labels))),
    (CROSSED_PAIRS, "iqm difference", "**pigeonhole, t's percentiles**",
     crossed(two_way.iqm_difference)),
    (CROSSED_PAIRS, "improvement", "**Wilson, effective number**",
     crossed(probability_of_improvement)),
)  # fmt: skip
CROSSED_TABLES = {
    "Seeds crossed with orders": CROSSED_METHODS,
    "Pairs of runs, seeds crossed with orders": CROSSED_PAIR_METHODS,
}


def crossed_hits(population, estimate, bounds, sides, samples, seed):
    """In how many of so many crossed samples the interval covers the true value."""
    if bounds is shares_below:
        bounds = shares_below(population)
    rng = np.random.default_rng(seed)
    low, high = bounds(population.draw(rng, (samples, *sides)), rng)
    truth = population.truth[estimate]
    return int(np.count_nonzero((low <= truth) & (truth <= high)))


def hits(population, estimate, bounds, n, samples, seed):
    """In how many of so many samples of n the interval covers the true value."""
    rng = np.random.default_rng(seed)
    low, high = bounds(population.draw(rng, (samples, n)), rng)
    truth = population.truth[estimate]
    return int(np.count_nonzero((low <= truth) & (truth <= high)))


def survival_hits(log_log, n, samples, seed):
    """The same for the share that survives `HORIZON`; the alternative is scipy's log-log."""
    rng, found = np.random.default_rng(seed), 0
    for _ in range(samples):
        updates, diverged = staggered_runs(rng, n)
        if log_log:
            curve = stats.ecdf(stats.CensoredData.right_censored(updates, ~diverged)).sf
            with np.errstate(all="ignore"):
                interval = curve.confidence_interval(0.95, method="log-log")
            low, high = (one.evaluate(HORIZON) for one in interval)
        else:
            curve = kaplan_meier(updates, diverged)
            low, high = curve[curve["update"] <= HORIZON].iloc[-1][["low", "high"]]
        found += low <= 0.7 <= high
    return found


def wilson_coverage(n, share):
    """Exactly, over the binomial distribution."""
    covered = [low <= share <= high for low, high in (wilson(count, n) for count in range(n + 1))]
    return float(stats.binom.pmf(np.arange(n + 1), n, share) @ np.array(covered))


def table(first_cells, columns, rows):
    lines = [[*first_cells, *columns], ["---"] * len(first_cells) + ["---:"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(share):
    return f"{100 * share:.1f}"


def column(population, size):
    """`size`: a number of runs, or the seeds and orders of a crossed table."""
    return f"{population.name}, {size if isinstance(size, int) else ' x '.join(map(str, size))}"


def main(samples=SAMPLES):
    """Print the tables."""
    places = itertools.count(1)  # each cell draws for itself
    for tables, sizes, count, many in (
        (METHODS, SIZES, hits, samples),
        (CROSSED_TABLES, CROSSED_SIZES, crossed_hits, min(samples, CROSSED_SAMPLES)),
    ):
        for title, methods in tables.items():
            rows = []
            for populations, estimate, name, bounds in methods:
                cells = itertools.product(populations, sizes)
                found = [count(one, estimate, bounds, n, many, next(places)) for one, n in cells]
                rows.append([estimate, name, *(percent(one / many) for one in found)])
                print(f"{estimate}, {name}", file=sys.stderr)
            columns = [column(*cell) for cell in itertools.product(methods[0][0], sizes)]
            print(f"### {title}\n\n{table(['estimate', 'interval'], columns, rows)}\n")
    shares = (0.1, 0.3, 0.5)
    rows = [
        ["**Wilson**", *(percent(wilson_coverage(n, share)) for share in shares for n in SIZES)]
    ]
    columns = [f"share {share:g}, {n}" for share in shares for n in SIZES]
    print(f"### Shares, as of runs that diverge\n\n{table(['interval'], columns, rows)}\n")
    rows = [
        [name, *(percent(survival_hits(other, n, samples, n) / samples) for n in SIZES)]
        for name, other in (("**Wilson, effective number**", False), ("log-log", True))
    ]
    columns = [f"n = {n}" for n in SIZES]
    print(f"### Survival curve at a share of 0.7\n\n{table(['interval'], columns, rows)}")


if __name__ == "__main__":
    main()
