"""What the article's printed table is worth, and its own run reproduced."""

from collections.abc import Mapping, Sequence

from analysis.formatting import plain
from analysis.printed import LEARNED, Comparison, OwnRun
from analysis.report.verdicts.verdict import Verdict, short
from analysis.sections import UserTable
from runner.process import plural

SOURCE = "article"

ACCURACY = "test_acc_batch_mean"


def article_verdict(
    comparisons: Sequence[Comparison], frozen: Mapping[str, bool]
) -> Verdict | None:
    """Which of its rows could be one of our runs, and which shows a model that never moved.

    `comparisons` is what `printed.compare` makes; `frozen` says of a printed sequence's name
    whether a model that never moved prints it. None where no row is judged.
    """
    groups = _groups([one for one in comparisons if one.printed.source == SOURCE], frozen)
    if not groups:
        return None
    clauses = [
        (groups[kind], says[len(groups[kind]) > 1]) for kind, says in SAYS.items() if kind in groups
    ]
    (first, fate), *others = clauses
    row = "rows" if first[1:] else "row"
    start = f"The article's {row} for {_rates(first)} {fate}"
    named = "".join(
        f"; {'those' if rows[1:] else 'that'} for {_rates(rows)} {said}" for rows, said in others
    )
    shorter = "".join(f"; {_rates(rows)} {said}" for rows, said in others)
    claims = f"{start}{named}.", f"{start}{shorter}."
    shown = next(one for kind in SAYS for one in groups.get(kind, []))
    number = _number(shown)
    unmoved = [one for one in groups.get("untrained", []) if one.printed.diverged_step is None]
    if unmoved:
        number += (
            f" At {_rates(unmoved)} it printed losses, not nan: that model did not die. Its "
            "figures fit a model that never moved."
        )
    for one in (row.printed for row in unmoved if row.printed.still):
        number += f" In Python 2 its step {one.lr:g} / {one.batch_size} is 0."
    return Verdict(short(*claims), number)


def table_verdict(
    table: UserTable, comparisons: Sequence[Comparison], frozen: Mapping[str, bool]
) -> Verdict:
    """How many rows of a user's table could be our runs, and how many show an untrained model."""
    groups = _groups(comparisons, frozen)
    total = len(table.sequences)
    if not groups:
        return Verdict(
            f"None of the {total} printed {plural(total, 'row')} can be judged yet.",
            f"The tables say what {table.name} still needs.",
        )
    clauses = [
        f"{len(groups[kind])} {says[len(groups[kind]) > 1]}"
        for kind, says in SAYS.items()
        if kind in groups
    ]
    judged = f"Of {total} printed rows {'; '.join(clauses)}"
    left = total - sum(map(len, groups.values()))
    claims = [f"{judged}; {left} cannot be judged yet."] if left else []
    shown = next(one for kind in SAYS for one in groups.get(kind, []))
    return Verdict(short(*claims, f"{judged}."), _number(shown))


def _groups(
    rows: Sequence[Comparison], frozen: Mapping[str, bool]
) -> Mapping[str, list[Comparison]]:
    """The rows that are judged, by what they are found to be."""
    groups: dict[str, list[Comparison]] = {}
    for one in rows:
        if frozen.get(one.printed.name):
            groups.setdefault("untrained", []).append(one)
        elif one.p_holm is not None:
            groups.setdefault(one.verdict, []).append(one)
    return groups


SAYS = {
    "not distinguishable": ("could be ours", "could be ours"),
    "undecided": ("is undecided", "are undecided"),
    "not consistent": ("contradicts ours", "contradict ours"),
    "untrained": ("looks untrained", "look untrained"),
}
"""What a judgement means, of one row and of several; in the order of the sentence."""


def _rates(rows: Sequence[Comparison]) -> str:
    *most, last = (plain(one.printed.lr) for one in rows)
    return f"{', '.join(most)} and {last}" if most else last


def _number(one: Comparison) -> str:
    """The last printed test accuracy of a row among our runs of its settings."""
    checks = [check for check in one.checks if check.figure.metric == ACCURACY]
    rate = plain(one.printed.lr)
    if not checks:
        return f"None of our {one.runs} runs at {rate} survived to be compared with."
    last = checks[-1]
    said = f"At {rate} it printed {last.figure.value:.3f}"
    if last.low is None or last.high is None:
        return f"{said}. The median of ours is {last.median:.3f}."
    return f"{said}. Of our survivors 95 % end between {last.low:.3f} and {last.high:.3f}."


def own_run_verdict(found: OwnRun | None) -> Verdict | None:
    """Whether the article's own parameters lead to its printed losses, and no others do."""
    if found is None or found.band is None:
        return None
    band = found.band
    own, others = band.distances(band.losses), band.distances(band.others)
    if len(others) and others.min() <= own.max():
        return None
    number = (
        f"In {len(own)} orders of the examples, training losses differ from the printed ones by at "
        f"most {_percent(own.min())} to {_percent(own.max())}."
    )
    if len(others):
        number += f" The nearest other seed differs by {_percent(others.min())}."
    return Verdict(
        f"We found the article's starting weights: its row for {LEARNED} nearly comes out.", number
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
