"""How a study was made, and what makes it again."""

import shlex
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.runs import PARAMS
from analysis.statistics import SEEDS
from analysis.study import Study
from analysis.words import value_range
from runner.data import FILES, SHA256, files_digest
from runner.environment import versions

ANALYSIS = ("pandas", "scipy", "statsmodels", "matplotlib")
"""The packages that decide the report's numbers and looks, beside those that runs record."""

USUAL = {
    "lr": 0.1,
    "batch_size": 256,
    "epochs": 5,
    "seed": 2,
    "loss": "pick_log",
    "init_sigma": 1.0,
    "division": "python3",
    "on_divergence": "stop",
    "data.train_limit": 60_000,
    "data.test_limit": 10_000,
}
"""The defaults of `lrstudy`: keys with these values need not be typed."""

FEW = 10
"""Commands of single runs that are written out."""


def provenance(study: Study) -> dict[str, Any]:
    """What the template needs to say how the study was made."""
    runs = study.runs
    swept = {one for text in study.sweeps["config_hashes"] for one in text.split()}
    single = [_command(row) for row in runs[~runs["config_hash"].isin(swept)].to_dict("records")]
    sweeps = [
        {
            **row,
            "command": typed(row["command"]),
            "configurations": len(row["config_hashes"].split()),
        }
        for row in study.sweeps.to_dict("records")
    ]
    return {
        "sweeps": sweeps,
        "single": single[:FEW],
        "more": max(0, len(single) - FEW),
        "keys": {key: value_range(runs[key].unique().tolist()) for key in PARAMS},
        "seeds": SEEDS,
        "versions": _each(runs["versions"]),
        "report_versions": ", ".join(
            [versions(), *(f"{name} {metadata.version(name)}" for name in ANALYSIS)]
        ),
        "digests": _each(runs["data_digests"]),
        "files": SHA256 if _official(runs) else {},
        "commits": sorted({commit(row) for row in runs.to_dict("records")}),
        "checkouts": _each(runs["git_commit"]),
        "machines": _each(runs["machine"]),
        "hosts": _each(runs["host"]),
        "first": runs["started"].min(),
        "last": runs["started"].max(),
        "experiment_ids": _each(runs["experiment_id"]),
    }


def typed(command: str) -> str:
    """A command line as a person types it: `lrstudy`, not the path of the program."""
    if not command:
        return ""
    program, *words = shlex.split(command)
    name = "lrstudy" if Path(program).name == "__main__.py" else Path(program).name
    return shlex.join([name, *words])


def commit(run: dict[Any, Any]) -> str:
    """The commit that a run was made at, in words."""
    if not isinstance(run["git_commit"], str):
        return "no repository"
    changed = " with uncommitted changes" if run["dirty"] == "true" else ""
    return f"{run['git_commit'][:12]}{changed}"


def _command(run: dict[Any, Any]) -> str:
    """What trains one run again."""
    usual = {**USUAL, "order_seed": run["seed"]}
    words = [
        f"{key}={run[key]:.15g}" if isinstance(run[key], float) else f"{key}={run[key]}"
        for key in PARAMS
        if run[key] != usual[key]
    ]
    return shlex.join(["lrstudy", *words])


def _official(runs: pd.DataFrame) -> bool:
    """Whether every run saw the official files, by the digests it recorded."""
    digests = " ".join(files_digest(split) for split in FILES)
    return bool((runs["data_digests"] == digests).all())


def _each(column: "pd.Series[str]") -> list[str]:
    """The distinct values, in order, those that are missing left out."""
    return sorted(map(str, column.dropna().unique()))
