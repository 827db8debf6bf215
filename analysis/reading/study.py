"""A study: the runs that a report is about, from MLflow or from the report's own tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.reading.rows import (
    PARAMS,
    SWEEP_COLUMNS,
    Values,
    check_epochs,
    epoch_row,
    frames,
    run_row,
    sweep_row,
)
from analysis.reading.runs import load_experiment
from analysis.reading.sweeps import load_sweeps
from analysis.reading.tables import read_csv
from runner.configuration import rounded
from runner.process import InputError


@dataclass(frozen=True)
class Study:
    """Frames as from `load_runs` and `load_sweeps`.

    `artifacts` says whether the runs' artifacts can be read: they are in the MLflow store
    `uri` (None: the usual one), not in tables. `left_out` names what is damaged. `filters` says
    in words which runs were chosen, `options` are the words of `lrstudy-report` that chose them.
    `data_root` is where a user's own data is now, None where the runs found it.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    sweeps: pd.DataFrame
    uri: str | None = None
    artifacts: bool = True
    left_out: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    data_root: str | None = None

    @property
    def experiment(self) -> str:
        return ", ".join(map(str, self.runs["experiment"].unique()))

    def only(self, keep: "pd.Series[bool]", filters: str) -> "Study":
        """The runs for which `keep` is true, and the sweeps that have any of them.

        Raises `InputError` where none is left.
        """
        runs = self.runs[keep].reset_index(drop=True)
        if runs.empty:
            raise InputError(f"no finished run is left with {filters}; there are {len(keep)}")
        epochs = self.epochs[self.epochs["run_id"].isin(runs["run_id"])].reset_index(drop=True)
        hashes = set(runs["config_hash"])
        planned = self.sweeps["config_hashes"].str.split()
        some = [bool(hashes & set(one)) for one in planned]
        sweeps = self.sweeps.loc[some].reset_index(drop=True)
        filters_so_far = (*self.filters, filters)
        return replace(self, runs=runs, epochs=epochs, sweeps=sweeps, filters=filters_so_far)

    def of_sweep(self, sweep_id: str) -> "pd.Series[bool]":
        """Which runs belong to a sweep, those it found finished included."""
        rows = self.sweeps[self.sweeps["sweep_id"] == sweep_id]
        planned = {one for text in rows["config_hashes"] for one in text.split()}
        found = self.runs["config_hash"].isin(planned) | (self.runs["sweep_id"] == sweep_id)
        if not found.any():
            known = ", ".join(self.sweeps["sweep_id"]) or "none"
            raise InputError(f"there is no sweep {sweep_id} with a finished run; sweeps: {known}")
        return found


def load_study(experiment: str | None = None, uri: str | None = None) -> Study:
    """A whole experiment from MLflow; `InputError` as from `load_runs`."""
    found = load_experiment(experiment, uri)
    sweeps, damaged = load_sweeps(experiment, uri)
    left_out = (*found.left_out, *damaged)
    return Study(found.runs, found.epochs, sweeps, uri, left_out=left_out)


def read_study(folder: Path) -> Study:
    """The same from a report's `runs.csv`, `epochs.csv` and `sweeps.csv`, without artifacts.

    Raises `InputError` for a file that is missing or is not such a table.
    """
    runs = _read(folder / "runs.csv", run_row, ("run_id",))
    if not runs:
        raise _not_a_table(folder / "runs.csv", "it has no run")
    epochs = _read(folder / "epochs.csv", epoch_row, ("run_id", "epoch"))
    sweeps = _read(folder / "sweeps.csv", sweep_row, ("run_id",))
    of_run: dict[str, list[int]] = {row["run_id"]: [] for row in runs}
    for row in epochs:
        if row["run_id"] not in of_run:
            raise _not_a_table(folder / "epochs.csv", f"runs.csv has no run {row['run_id']}")
        of_run[row["run_id"]].append(row["epoch"])
    for row in runs:
        try:
            check_epochs(row, of_run[row["run_id"]])
        except InputError as error:
            raise _not_a_table(folder / "epochs.csv", f"run {row['run_id']}: {error}") from error
    table = pd.DataFrame(sweeps, columns=SWEEP_COLUMNS)
    return Study(*frames(runs, epochs), table, artifacts=False)


def _read(
    path: Path, check: Callable[[Values], dict[str, Any]], identity: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The checked rows of a table; no two have the same values in the columns `identity`."""
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    place = ""
    try:
        for place, values in read_csv(path):
            row = check(values)
            if rows.setdefault(tuple(row[name] for name in identity), row) is not row:
                raise InputError(f"it has the {' and '.join(identity)} of a line above")
            place = ""
    except InputError as error:
        raise _not_a_table(path, f"{place}: {error}" if place else str(error)) from error
    return list(rows.values())


def _not_a_table(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} must be a table that lrstudy-report wrote ({reason}); "
        "give the folder of a report with --from"
    )


def chosen(study: Study, sweep_ids: Sequence[str], where: Sequence[str]) -> Study:
    """The runs of these sweeps, if any are given, whose keys have these values.

    `where` are words KEY=VALUE or KEY=VALUE,VALUE, as `lr=0.1,1`.

    Raises `InputError` for an unknown key or sweep, a wrong value, and where nothing is left.
    """
    if sweep_ids:
        masks = pd.DataFrame([study.of_sweep(one) for one in sweep_ids])
        study = study.only(masks.any(), f"sweep {' or '.join(sweep_ids)}")
        # Others that share a configuration with them are neither about these runs nor logged to.
        named = study.sweeps["sweep_id"].isin(sweep_ids)
        study = replace(study, sweeps=study.sweeps[named].reset_index(drop=True))
    for word in where:
        key, equals, values = word.partition("=")
        if key not in PARAMS or not equals:
            raise InputError(
                f"--where must be KEY=VALUE with KEY of {', '.join(PARAMS)}, got {word}"
            )
        try:
            wanted = [_entered(PARAMS[key](value)) for value in values.split(",")]
        except ValueError:
            kind = "numbers" if PARAMS[key] is float else "whole numbers"
            raise InputError(f"--where {key} must have {kind}, got {values}") from None
        study = study.only(study.runs[key].map(_entered).isin(wanted), f"{key} {values}")
    return study


def _entered(value: Any) -> Any:
    """A value as a run of it is asked for: floats with the digits that users enter."""
    return rounded(value) if isinstance(value, float) else value
