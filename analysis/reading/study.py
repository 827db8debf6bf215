"""A study: the runs that a report is about, from MLflow or from the report's own tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.reading.runs import EPOCH_METRICS, PARAMS, RUN_METRICS, load_runs
from analysis.reading.sweeps import load_sweeps
from runner.configuration import LATER_KEYS
from runner.process import InputError


@dataclass(frozen=True)
class Study:
    """Frames as from `load_runs` and `load_sweeps`.

    `artifacts` says whether the runs' artifacts can be read: they are in the MLflow store
    `uri` (None: the usual one), not in tables. `filters` says in words which runs were chosen,
    `options` are the words of `lrstudy-report` that chose them.
    """

    runs: pd.DataFrame
    epochs: pd.DataFrame
    sweeps: pd.DataFrame
    uri: str | None = None
    artifacts: bool = True
    filters: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

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


def load_study(experiment: str, uri: str | None) -> Study:
    """A whole experiment from MLflow; `InputError` as from `load_runs`."""
    runs, epochs = load_runs(experiment, uri)
    return Study(runs, epochs, load_sweeps(experiment, uri), uri)


def read_study(folder: Path) -> Study:
    """The same from a report's `runs.csv`, `epochs.csv` and `sweeps.csv`, without artifacts.

    Raises `InputError` for a file that is missing or is not such a table.
    """
    numbers = dict.fromkeys((*EPOCH_METRICS, *RUN_METRICS, "divergence_example"), float)
    runs, epochs, sweeps = (
        _read(folder / f"{name}.csv", numbers) for name in ("runs", "epochs", "sweeps")
    )
    return Study(runs, epochs, sweeps, artifacts=False)


def _read(path: Path, numbers: Mapping[str, type]) -> pd.DataFrame:
    try:
        texts = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame = texts.replace("nan", None)
        for name in frame:
            if name in numbers:
                frame[name] = frame[name].astype(float)
            elif name in PARAMS or name == "epoch":
                frame[name] = frame[name].map(PARAMS.get(str(name), int))
            elif name == "started":
                frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True)
        if "lr" in frame:  # runs or epochs, perhaps of an earlier report
            for key in LATER_KEYS.keys() & PARAMS.keys() - set(frame):
                frame[key] = LATER_KEYS[key]
        needed = {"runs": "config_hash", "epochs": "epoch", "sweeps": "config_hashes"}[path.stem]
        if not {needed, "run_id"} <= set(frame):
            raise ValueError(f"it has no column {needed}")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise InputError(
            f"{path} must be a table that lrstudy-report wrote ({reason}); "
            "give the folder of a report with --from"
        ) from error
    return frame


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
            wanted = [PARAMS[key](value) for value in values.split(",")]
        except ValueError:
            kind = "numbers" if PARAMS[key] is float else "whole numbers"
            raise InputError(f"--where {key} must have {kind}, got {values}") from None
        study = study.only(study.runs[key].isin(wanted), f"{key} {values}")
    return study
