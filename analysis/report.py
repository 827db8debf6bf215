"""The report: one HTML file with its pictures inside, and the tables as CSV."""

import base64
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from analysis.answer import answer, plain
from analysis.figures import epochs_by_learning_rate
from analysis.runs import PARAMS, load_runs
from analysis.sections import Section, sections
from analysis.statistics import SEEDS, commonest, group_keys, summarise, varying
from runner.console import plural
from runner.errors import InputError

RESAMPLING_SEED = 0
"""The same runs give the same report, although some intervals are drawn."""

PACKAGES = ("lrstudy", "mxnet", "hydra-core", "mlflow", "pandas", "matplotlib", "numpy")


def write_report(experiment: str, uri: str | None, output: Path) -> Path:
    """Write `index.html`, its pictures `*.svg` and the tables `*.csv` into `output`.

    The tables are `runs.csv`, `epochs.csv` and `summary.csv`.

    Returns the path of `index.html`. Raises `InputError` where the experiment holds no
    finished run or the folder cannot be written.
    """
    runs, epochs = load_runs(experiment, uri)
    summary = summarise(runs, epochs, np.random.default_rng(RESAMPLING_SEED))
    keys = [key for key in PARAMS if key not in ("lr", *SEEDS)]
    shown = commonest(runs, pd.Series(1, index=runs.index), keys)
    parts = sections(runs, epochs, uri)
    pictures = {"epochs": epochs_by_learning_rate(shown, epochs)}
    for name, part in parts.items():
        if part.get("picture"):
            pictures[name] = part["picture"]
    page = render(experiment, runs, summary, shown, pictures, parts)
    index = output / "index.html"
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, frame in (("runs", runs), ("epochs", epochs), ("summary", summary)):
            frame.to_csv(output / f"{name}.csv", index=False, na_rep="nan")
        for name, picture in pictures.items():
            (output / f"{name}.svg").write_text(picture, encoding="utf-8")
        index.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{output} must be a folder that can be written, {error.strerror}; "
            "choose another with --output"
        ) from error
    return index


def render(
    experiment: str,
    runs: pd.DataFrame,
    summary: pd.DataFrame,
    shown: pd.DataFrame,
    pictures: Mapping[str, str],
    parts: Mapping[str, Section],
) -> str:
    """The page as text; `shown` are the runs in the first picture."""
    keys = varying(summary)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "address": _data_address,
        "figure": _figure,
        "p": _p_value,
        "percent": _percent,
        "plain": plain,
        "plural": plural,
    }
    return environment.get_template("index.html.j2").render(
        experiment=experiment,
        answer=[*answer(summary), *(part["worth"] for part in parts.values() if part.get("worth"))],
        keys=keys,
        rows=summary.sort_values(keys, ascending=[key != "lr" for key in keys]).to_dict("records"),
        fixed={key: summary[key].iloc[0] for key in PARAMS if key in summary and key not in keys},
        shown={key: shown[key].iloc[0] for key in keys if key != "lr"},
        seeds=_seeds(runs),
        pictures=pictures,
        parts=parts,
        runs=runs.sort_values("lr", ascending=False, kind="stable").to_dict("records"),
        versions={name: metadata.version(name) for name in PACKAGES},
        python=platform.python_version(),
        commits=sorted({_commit(run) for run in runs.to_dict("records")}),
        written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _seeds(runs: pd.DataFrame) -> str:
    """Which seeds the runs of one row differ in, in words."""
    varied = [seed for seed in SEEDS if seed not in group_keys(runs)]
    if varied == list(SEEDS) and (runs["seed"] == runs["order_seed"]).all():
        values = sorted(runs["seed"].unique())
        return f"seed, which draws the parameters and the order ({_value_range(values)})"
    if not varied:
        return "nothing"
    return " and ".join(f"{seed} ({_value_range(sorted(runs[seed].unique()))})" for seed in varied)


def _value_range(values: list[int]) -> str:
    if len(values) > 2 and values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]} to {values[-1]}"
    return ", ".join(map(str, values))


def _commit(run: Mapping[Any, Any]) -> str:
    if not isinstance(run["git_commit"], str):
        return "no repository"
    return (
        f"{run['git_commit'][:12]}{' with uncommitted changes' if run['dirty'] == 'true' else ''}"
    )


def _figure(value: float, digits: int = 4) -> str:
    """A number for a table: a dash where there is none."""
    return "\N{EN DASH}" if pd.isna(value) else f"{value:.{digits}f}"


def _p_value(value: float | None) -> str:
    """A p-value with two digits; a dash where there is none."""
    if value is None:
        return "\N{EN DASH}"
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _data_address(svg: str) -> str:
    """An SVG as an address, so that the page needs no other file."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
