"""How often 95 % intervals cover the true value: `make coverage` prints the tables of the docs.

They stand in docs/statistics.md. Every cell has a generator of its own, seeded by its place, so
that the numbers repeat exactly.
"""

import sys
import warnings

import numpy as np
from scipy import stats
from support.populations import HORIZON, PAIRS, SINGLE, staggered_runs

from analysis.statistics.intervals import interquartile_mean, mean, median, wilson
from analysis.statistics.paired import iqm_difference, probability_of_improvement
from analysis.statistics.survival import kaplan_meier

SAMPLES = 2000
SIZES = (5, 10, 30)
RESAMPLES = 1000
"""Of the rejected bootstraps; ours has a number of its own."""


def each(estimate):
    """The bounds (2, m) of an estimate of ours for each row of samples (m, n)."""
    return lambda samples, rng: np.array([estimate(values, rng)[1:] for values in samples]).T


def each_pair(estimate):
    """The same for pairs: samples are two arrays (m, n)."""
    return lambda samples, rng: (
        np.array(
            [estimate(first, second, rng)[1:] for first, second in zip(*samples, strict=True)]
        ).T
    )


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


def wald(first, second, rng):
    share = np.mean((first > second) + (first == second) / 2)
    half = stats.norm.ppf(0.975) * np.sqrt(share * (1 - share) / len(first))
    return None, share - half, share + half


METHODS = {
    "Over seeds": (
        (SINGLE, "mean", "**Hall's transformation**", each(lambda values, rng: mean(values))),
        (SINGLE, "mean", "Student's t", student),
        (SINGLE, "mean", "percentile bootstrap", scipy_bootstrap(np.mean, "percentile")),
        (SINGLE, "mean", "BCa bootstrap", scipy_bootstrap(np.mean, "BCa")),
        (SINGLE, "mean", "bootstrap-t", each(bootstrap_t)),
        (SINGLE, "median", "**Hettmansperger-Sheather**", each(lambda values, rng: median(values))),
        (SINGLE, "median", "order statistics", order_statistics),
        (SINGLE, "iqm", "**expanded percentile bootstrap**", each(interquartile_mean)),
        (SINGLE, "iqm", "percentile bootstrap", scipy_bootstrap(trimmed, "percentile")),
        (SINGLE, "iqm", "Yuen's t", yuen),
    ),
    "Pairs of runs with the same seed": (
        (PAIRS, "improvement", "**Wilson**",
         each_pair(lambda first, second, rng: probability_of_improvement(first, second))),
        (PAIRS, "improvement", "Wald", each_pair(wald)),
        (PAIRS, "mean difference", "**Hall's transformation**",
         each_pair(lambda first, second, rng: mean(first - second))),
        (PAIRS, "mean difference", "percentile bootstrap",
         differences(scipy_bootstrap(np.mean, "percentile"))),
        (PAIRS, "iqm difference", "**expanded percentile bootstrap**", each_pair(iqm_difference)),
    ),
}  # fmt: skip
"""Populations, estimate, interval (ours in bold), and how to get its bounds, by table."""


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


def main(samples=SAMPLES):
    """Print the tables."""
    place = 0
    for title, methods in METHODS.items():
        rows = []
        for populations, estimate, name, bounds in methods:
            cells = [estimate, name]
            for population in populations:
                for n in SIZES:
                    place += 1
                    found = hits(population, estimate, bounds, n, samples, place)
                    cells.append(percent(found / samples))
            rows.append(cells)
            print(f"{estimate}, {name}", file=sys.stderr)
        columns = [f"{population.name}, {n}" for population in methods[0][0] for n in SIZES]
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
