"""What the form of the loss decides: the report's section on what else could have been printed."""

import contextlib
from collections.abc import Mapping

import pandas as pd

from analysis.figures import for_screens
from analysis.printed import ARTICLE
from analysis.reading import PARAMS, load_parameters
from analysis.sections.counterfactuals.doomed import doomed_seeds
from analysis.sections.counterfactuals.figure import epochs_by_loss
from analysis.sections.counterfactuals.tables import divergences, over_orders, would_have_printed
from analysis.sections.evidence import Evidence
from analysis.sections.naming import form_name, in_order
from analysis.sections.section import Contents, Section
from analysis.statistics import counting, matching
from runner.configuration import LOSS_NAMES
from runner.process import InputError

Settings = Mapping[str, float | int | str]
"""Values of keys by name."""


def _make(evidence: Evidence) -> Contents | str:
    if matching(evidence.runs, evidence.settings)["loss"].nunique() < 2:
        whose = "the article's" if evidence.of_article else "the commonest"
        return f"forms of the loss beside each other: {whose} settings were run with one at most"
    return forms_beside_each_other(
        evidence.runs, evidence.epochs, _doomed_seeds(evidence), evidence.settings
    )


def forms_beside_each_other(
    runs: pd.DataFrame, epochs: pd.DataFrame, doomed: pd.DataFrame, settings: Settings = ARTICLE
) -> Contents:
    """The runs at these settings; `doomed`, of `doomed_seeds`, may be empty.

    What the article says is put to the test where they are its own.
    """
    of_article = settings == ARTICLE
    shares = divergences(runs)
    keys = [key for key in PARAMS if key in shares and shares[key].nunique() > 1]
    at_settings = matching(runs, settings)
    ours = counting(at_settings, ignoring=("on_divergence",))
    return {
        **for_screens(lambda width: epochs_by_loss(ours, epochs, width)),
        "finding": _finding(divergences(at_settings)),
        "columns": keys,
        "shares": in_order(shares).to_dict("records"),
        "at_risk": {loss: int((doomed[loss] > 0).sum()) for loss in doomed},
        "seeds": len(doomed),
        "of_article": of_article,
        "dtype": settings["dtype"],
        "subtracted": would_have_printed(runs, epochs, "log_softmax") if of_article else [],
        "orders": over_orders(at_settings).to_dict("records") if of_article else [],
    }


def _finding(shares: pd.DataFrame) -> str:
    """Which forms of the loss survive the largest learning rate that two or more were run at."""
    several = shares.groupby("lr")["loss"].transform("nunique") > 1
    if not several.any():
        return "The forms of the loss share no learning rate."
    rate = shares.loc[several, "lr"].max()
    rows = shares[shares["lr"] == rate]
    alive = [
        form
        for form in LOSS_NAMES
        if form in set(rows.loc[rows["diverged"] < rows["runs"], "loss"])
    ]
    if not alive:
        return f"At learning rate {rate:g} no form of the loss survives."
    if len(alive) == rows["loss"].nunique():
        return f"At learning rate {rate:g} each form of the loss has survivors."
    names = " and the ".join(map(form_name, alive))
    return f"At learning rate {rate:g} only the {names} {'has' if len(alive) == 1 else 'have'} survivors."


def _doomed_seeds(evidence: Evidence) -> pd.DataFrame:
    """`doomed_seeds` of each seed's first model, for the forms that were run.

    Empty without images or parameters.
    """
    if not evidence.study.artifacts:
        return pd.DataFrame()
    of_draw = {key: evidence.settings[key] for key in ("init_sigma", "draws", "dtype", "data.name")}
    try:
        data_set, train_split, _ = evidence.images(str(of_draw["data.name"]))
    except InputError:
        return pd.DataFrame()
    drawn = matching(evidence.runs, of_draw).drop_duplicates("seed")
    parameters = {}
    for run in drawn.to_dict("records"):
        with contextlib.suppress(InputError):  # a run whose artifacts are gone says nothing
            stored = load_parameters(run["run_id"], evidence.study.uri, data_set.weights_shape)
            dtype = str(of_draw["dtype"])
            parameters[int(run["seed"])] = stored.W0.astype(dtype), stored.b0.astype(dtype)
    images = train_split.images.reshape(len(train_split.labels), -1)
    doomed = doomed_seeds(images, train_split.labels, parameters)
    return doomed[[loss for loss in doomed if (evidence.runs["loss"] == loss).any()]]


COUNTERFACTUALS = Section(
    name="counterfactuals",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure %}
### What the form of the loss decides

{% call figure("counterfactuals", section.number, "Test accuracy against epoch, a panel for each form of the loss, a line for each learning rate") %}
**{{ section.finding }}** All forms compute the same mathematics; what differs is what overflows. A line is the median of the survivors, with its 95 % band; above each panel stands how many survived. All runs have {{ "the article's" if section.of_article else "the commonest" }} settings.
{% endcall %}
""",
    tables="""\
{% macro updates(row) %}{% if row.diverged %}{{ row.update_median | plain }} ({{ row.update_min | plain }} to {{ row.update_max | plain }}){% else %}–{% endif %}{% endmacro %}
{% macro died(row) %}{{ row.diverged }} ({{ (100 * row.low) | figure(0) }} to {{ (100 * row.high) | figure(0) }} %){% endmacro %}
#### What the form of the loss decides, in numbers

| setting | learning rate | runs | died | after updates | of what |{% if section.seeds %} seeds at risk |{% endif %}

|---|---:|---:|---:|---:|---|{% if section.seeds %}---:|{% endif %}

{% for row in section.shares %}
| {{ setting_name(row, section.columns) }} | {{ row.lr | plain }} | {{ row.runs }} | {{ died(row) }} | {{ updates(row) }} | {% for cause, count in row.causes.items() %}{{ cause_names.get(cause, cause) }} ({{ count }}){{ ", " if not loop.last }}{% else %}–{% endfor %} |{% if section.seeds %} {% if row.init_sigma == 1 and row.dtype == section.dtype and row.loss in section.at_risk %}{{ section.at_risk[row.loss] }} of {{ section.seeds }}{% else %}–{% endif %} |{% endif %}

{% endfor %}

> Died: the number of runs, and the 95 % interval of their share, which allows for seeds crossed with orders. After updates: how many were completed before the first loss that is not finite, as the median and the range.{% if section.seeds %} A seed is at risk if some training image has no finite gradient before the first update. The run dies when that image comes, unless training has left those weights by then.{% endif %}

{% if section.subtracted %}
#### The article's table with the stable loss

| learning rate | epoch | training loss | training accuracy | test accuracy | runs |
|---:|---:|---:|---:|---:|---:|
{% for row in section.subtracted %}
| {{ row.lr | plain }} | {{ row.epoch }} |{% for name in ("train_loss_batch_mean", "train_acc_batch_mean", "test_acc_batch_mean") %} {{ row[name] | figure(3) }} ({{ row[name ~ "_low"] | figure(3) }} to {{ row[name ~ "_high"] | figure(3) }}) |{% endfor %} {{ row.runs }} |
{% endfor %}

> Median over the runs (smallest to largest), as means of batch means, which is how the article averages.
{% endif %}

{% if section.orders %}
#### Does a seed decide?

| seed | setting | learning rate | orders | died | after updates |
|---:|---|---:|---:|---:|---:|
{% for row in section.orders %}
| {{ row.seed }} | {{ setting_name(row, ["loss"]) }} | {{ row.lr | plain }} | {{ row.runs }} | {{ died(row) }} | {{ updates(row) }} |
{% endfor %}

> One seed of the weights in several orders of the training examples. A seed decides where it lost none or all of its orders. Elsewhere the order decides too. The same seed draws other weights in other releases of MXNet, so {{ "these seeds are" if section.orders | map(attribute="seed") | unique | list | length > 1 else "this seed is" }} not the article's.
{% endif %}
""",
)
