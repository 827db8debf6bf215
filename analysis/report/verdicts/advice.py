"""What to do differently: at most five lines, each following from a figure of the report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from analysis.formatting import figure, plain
from analysis.report.verdicts.deaths import Killed
from analysis.sections import Contents, form_name, in_words

MOST = 5
"""Lines that a reader takes along."""


class Advice(NamedTuple):
    """What to do, and the `section` whose figure says why."""

    what: str
    section: str


def advice(
    sections: Mapping[str, Contents],
    lost: Killed | None,
    ends: Sequence[Mapping[str, Any]],
    frozen: Mapping[str, bool],
) -> list[Advice]:
    """The advice that the figures of these sections bear out, the most useful first.

    `lost` is that of `deaths.killed`, `ends` of `contests.grid_ends`, `frozen` as for
    `article.article_verdict`.
    """
    pictured = {name for name, one in sections.items() if one.get("picture")}
    given = [one for one in _given(sections, lost, ends, frozen) if one.section in pictured]
    return given[:MOST]


def _given(
    sections: Mapping[str, Contents],
    lost: Killed | None,
    ends: Sequence[Mapping[str, Any]],
    frozen: Mapping[str, bool],
) -> Iterator[Advice]:
    if lost and lost.spared:
        form, rate = form_name(lost.spared["loss"]), plain(lost.lost["lr"])
        yield Advice(f"Use the {form}: at learning rate {rate} it loses no run.", "headline")
    if gain := _smaller_start(sections.get("paired", {})):
        small, large = (plain(gain[side]) for side in ("first", "second"))
        more = figure(gain["mean_difference"], 2)
        yield Advice(
            f"Start from small weights: where initial \N{GREEK SMALL LETTER SIGMA} {small} clearly "
            f"differs from {large}, it gains at least {more} in accuracy.",
            "headline",
        )
    yield Advice("Train several seeds, and print how many runs died.", "survival")
    if any(0 < one.died < one.orders for one in sections.get("own_run", {}).get("deaths", [])):
        yield Advice(
            "Seed the order of the examples too: it can decide whether a run survives.",
            "own_run",
        )
    for one in ends[-1:]:
        where, end = ("above", "largest") if one["best"] == one["last"] else ("below", "smallest")
        start = in_words("init_sigma", one["init_sigma"])
        yield Advice(
            f"With the {form_name(one['loss'])} from {start}, try learning rates {where} "
            f"{plain(one['best'])}: its best rate is the {end} tried.",
            "edge" if "edge" in sections else "rates",
        )
    if any(still for name, still in frozen.items() if name.startswith("article")):
        yield Advice(
            "Write learning rate 1 as 1.0: integer division in Python 2 makes its step 0.",
            "comparison",
        )


def _smaller_start(paired: Contents) -> dict[Any, Any] | None:
    """The least sure gain in accuracy by smaller initial parameters; None where none is sure."""
    gains = []
    for row in paired.get("every", []):
        if row["key"] == "init_sigma" and row["first"] > row["second"]:
            swap = {"first": row["second"], "second": row["first"]}
            mean, low = -row["mean_difference"], -row["mean_difference_high"]
            gains.append({**row, **swap, "mean_difference": mean, "low": low})
    sure = [row for row in gains if row["low"] > 0]
    return min(sure, key=lambda row: row["low"], default=None)
