"""The report: one HTML file with its pictures inside, and the tables as CSV."""

import base64
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from analysis.figures import epochs_by_learning_rate
from analysis.published import article_final
from analysis.runs import PARAMS, load_runs
from analysis.statistics import SEEDS, group_keys, summarise, varying
from runner.console import plural
from runner.data import EXAMPLES
from runner.errors import InputError

PACKAGES = ("lrstudy", "mxnet", "hydra-core", "mlflow", "pandas", "matplotlib", "numpy")


def write_report(experiment: str, uri: str | None, output: Path) -> Path:
    """Write `index.html`, its picture `epochs.svg` and the tables `*.csv` into `output`.

    The tables are `runs.csv`, `epochs.csv` and `summary.csv`.

    Returns the path of `index.html`. Raises `InputError` where the experiment holds no
    finished run or the folder cannot be written.
    """
    runs, epochs = load_runs(experiment, uri)
    summary = summarise(runs)
    picture = epochs_by_learning_rate(runs, epochs)
    page = render(experiment, runs, summary, picture)
    index = output / "index.html"
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, frame in (("runs", runs), ("epochs", epochs), ("summary", summary)):
            frame.to_csv(output / f"{name}.csv", index=False, na_rep="nan")
        (output / "epochs.svg").write_text(picture, encoding="utf-8")
        index.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{output} must be a folder that can be written, {error.strerror}; "
            "choose another with --output"
        ) from error
    return index


def render(experiment: str, runs: pd.DataFrame, summary: pd.DataFrame, picture: str) -> str:
    """The page as text; `picture` is the SVG to show."""
    keys = varying(summary)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"figure": _figure, "plain": _value, "plural": plural}
    return environment.get_template("index.html.j2").render(
        experiment=experiment,
        answer=answer(summary),
        keys=keys,
        rows=summary.sort_values(keys, ascending=[key != "lr" for key in keys]).to_dict("records"),
        fixed={key: summary[key].iloc[0] for key in PARAMS if key in summary and key not in keys},
        seeds=_seeds(runs),
        picture=_data_address(picture),
        article=_beside_the_article(summary),
        runs=runs.sort_values("lr", ascending=False, kind="stable").to_dict("records"),
        versions={name: metadata.version(name) for name in PACKAGES},
        python=platform.python_version(),
        commits=sorted({_commit(run) for run in runs.to_dict("records")}),
        written=datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    )


def answer(summary: pd.DataFrame) -> list[str]:
    """What the runs say, one sentence each; every number comes from the summary."""
    keys = varying(summary)
    total = int(summary["runs"].sum())
    sentences = []
    learned = summary[summary["trained"] > 0].sort_values("test_acc_mean").to_dict("records")
    if learned:
        best = learned[-1]
        left = int(best["runs"] - best["diverged"])
        reach = f"{best['test_acc_min']:.4f} to {best['test_acc_max']:.4f}"
        spread = f"{left} runs, from {reach}" if left > 1 else "a single run"
        lead = (
            f"Of {len(summary)} settings, {_label(best, keys)} has the highest mean test "
            "accuracy over the runs that survived:"
            if len(summary) > 1
            else f"At {_label(best, keys)} the mean test accuracy over the runs that survived is"
        )
        sentences.append(f"{lead} {best['test_acc_mean']:.4f} ({spread}).")
    else:
        sentences.append(f"None of the {total} {plural(total, 'run')} learned anything.")
    for outcome, meaning in (
        ("diverged", "a loss or parameter became nan or infinite"),
        ("stalled", "never became better than untrained"),
    ):
        count = int(summary[outcome].sum())
        shares = [
            f"{row[outcome]} of {row['runs']} at {_label(row, keys)}"
            for row in summary.sort_values("lr", ascending=False).to_dict("records")
            if row[outcome]
        ]
        if count:
            verb = f"{count} of {total} {plural(total, 'run')} {outcome}"
            sentences.append(f"{verb} ({meaning}): {'; '.join(shares)}.")
    if learned and summary["diverged"].any():
        sentences.append("Means over survivors say nothing about the runs that did not survive.")
    return sentences


def _label(row: Mapping[Any, Any], keys: list[str]) -> str:
    names = {"lr": "learning rate", "batch_size": "batch size"}
    return ", ".join(f"{names.get(key, key)} {_value(row[key])}" for key in keys)


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


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


def _beside_the_article(summary: pd.DataFrame) -> list[dict[str, Any]]:
    """The article's last epoch beside ours, where a row of ours has the article's settings."""
    rows = []
    for lr, printed in article_final().iterrows():
        ours = summary[
            (summary["lr"] == lr)
            & (summary["batch_size"] == 256)
            & (summary["epochs"] == 5)
            & (summary["loss"] == "pick_log")
            & (summary["init_sigma"] == 1)
            & (summary["data.train_limit"] == EXAMPLES["train"])
            & (summary["data.test_limit"] == EXAMPLES["test"])
        ]
        rows += [{"lr": lr, "printed": printed, "ours": row} for row in ours.to_dict("records")]
    return sorted(rows, key=lambda row: -row["lr"])


def _commit(run: Mapping[Any, Any]) -> str:
    if not isinstance(run["git_commit"], str):
        return "no repository"
    return (
        f"{run['git_commit'][:12]}{' with uncommitted changes' if run['dirty'] == 'true' else ''}"
    )


def _figure(value: float, digits: int = 4) -> str:
    """A number for a table: a dash where there is none."""
    return "\N{EN DASH}" if pd.isna(value) else f"{value:.{digits}f}"


def _data_address(svg: str) -> str:
    """An SVG as an address, so that the page needs no other file."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
