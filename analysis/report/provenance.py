"""How a study was made, and what makes it again."""

import re
import shlex
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.formatting import quoted, value_range, words
from analysis.reading import PARAMS, Study
from analysis.report.unchanged import PACKAGES
from runner.data import FASHION_MNIST, data_set_of, is_own
from runner.process import UNPRINTABLE, versions

EXPERIMENT = "lr-study"
"""The experiment that the commands take where none is given."""

FEW = 10
"""Commands of single runs that are written out, of those of one commit."""


def provenance(study: Study) -> dict[str, Any]:
    """What the template needs to say how the study was made."""
    runs = study.runs
    sweeps = [
        {
            **row,
            "command": typed(row["command"]) or row["command"],
            "configurations": len(row["config_hashes"].split()),
        }
        for row in study.sweeps.to_dict("records")
    ]
    return {
        "sweeps": sweeps,
        "blocks": commands_by_commit(study),
        "report_command": report_command(study),
        "keys": {key: value_range(runs[key].unique().tolist()) for key in PARAMS},
        "versions": _each(runs["versions"]),
        "report_versions": ", ".join(
            [versions(), *(f"{name} {metadata.version(name)}" for name in PACKAGES)]
        ),
        "data": [
            name if is_own(name) else data_set_of(name, None).title
            for name in _each(runs["data.name"])
        ],
        "roots": _each(runs["data_root"]),
        "digests": _each(runs["data_digests"]),
        "files": FASHION_MNIST.digests if _official(runs) else {},
        "commits": sorted({commit(row) for row in runs.to_dict("records")}),
        "machines": _each(runs["machine"]),
        "hosts": _each(runs["host"]),
        "first": runs["started"].min(),
        "last": runs["started"].max(),
        "experiment_ids": _each(runs["experiment_id"]),
    }


def commands_by_commit(study: Study) -> list[dict[str, Any]]:
    """The commands that train the runs again, apart by the commit that the runs were made at.

    One dict for each commit, that of the earliest run first: `checkout` (empty where there was
    no repository, or what was recorded is no commit), `dirty` (whether any of its runs was made
    with uncommitted changes), the `commands`, and how many `more` single runs there are. A
    sweep that was resumed at another commit stands at both, with the number of its runs.
    """
    runs = study.runs
    swept = {one for text in study.sweeps["config_hashes"] for one in text.split()}
    checkouts = runs["git_commit"].map(lambda one: one if _is_commit(one) else "")
    blocks = []
    for checkout, group in sorted(
        runs.groupby(checkouts), key=lambda one: (one[1]["started"].min(), one[0])
    ):
        commands = []
        for sweep in study.sweeps.to_dict("records"):
            own = runs["sweep_id"] == sweep["sweep_id"]
            own = own if own.any() else runs["config_hash"].isin(sweep["config_hashes"].split())
            here = int(own[group.index].sum())
            part = f"  # {here} of its {own.sum()} runs" if here < own.sum() else ""
            command = typed(sweep["command"])
            if here and command:
                commands.append(command + part)
        single = group[~group["config_hash"].isin(swept)].to_dict("records")
        blocks.append(
            {
                "checkout": checkout,
                "dirty": (group["dirty"] == "true").any(),
                "commands": [*commands, *map(command_of, single[:FEW])],
                "more": max(0, len(single) - FEW),
            }
        )
    return blocks


def report_command(study: Study) -> str:
    """What writes this report again, once the runs are there."""
    named = [] if study.experiment == EXPERIMENT else ["--experiment", study.experiment]
    if study.experiment.startswith("-"):  # not an option of its own
        named = ["=".join(named)]
    return shlex.join(["lrstudy-report", *named, *study.options])


def typed(command: str) -> str:
    """A command line as a person types it: `lrstudy`, not the path of the program.

    Empty for what is no command of lrstudy, which nobody should copy into a shell.
    """
    try:
        program, *words = shlex.split(command)
    except ValueError:  # nothing, or a quote that is never closed
        return ""
    ours = Path(program).name in ("lrstudy", "__main__.py") and UNPRINTABLE not in command
    return shlex.join(["lrstudy", *words]) if ours else ""


def commit(run: dict[Any, Any]) -> str:
    """The commit that a run was made at, in words."""
    if not isinstance(run["git_commit"], str):
        return "no repository"
    changed = " with uncommitted changes" if run["dirty"] == "true" else ""
    return f"{run['git_commit'][:12]}{changed}"


def _is_commit(text: object) -> bool:
    """Whether this is the hash of a commit; anything else could mean something to git."""
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{7,64}", text) is not None


def command_of(run: dict[Any, Any]) -> str:
    """What trains one run again."""
    keys = {key: run[key] for key in PARAMS} | {"data.root": run["data_root"]}
    typed_keys = words(keys)
    if run["experiment"] != EXPERIMENT:
        typed_keys.append(f"tracking.experiment={quoted(run['experiment'])}")
    return shlex.join(["lrstudy", *typed_keys])


def _official(runs: pd.DataFrame) -> bool:
    """Whether every run saw the official files, by the digests it recorded."""
    digests = " ".join(FASHION_MNIST.digest_of(split) for split in FASHION_MNIST.files)
    return bool((runs["data_digests"] == digests).all())


def _each(column: "pd.Series[str]") -> list[str]:
    """The distinct values, in order, those that are missing left out."""
    return sorted(map(str, column.dropna().unique()))
