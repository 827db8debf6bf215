"""What the form of the loss decides: the report's section on what else could have been printed."""

import contextlib

import pandas as pd

from analysis.printed import ARTICLE
from analysis.reading import PARAMS, load_parameters
from analysis.sections.counterfactuals.doomed import doomed_seeds
from analysis.sections.counterfactuals.figure import epochs_by_loss
from analysis.sections.counterfactuals.sentences import Settings, sentences
from analysis.sections.counterfactuals.tables import divergences, over_orders, would_have_printed
from analysis.sections.evidence import Evidence
from analysis.sections.section import Contents, Section
from analysis.statistics import counting, matching
from runner.configuration import LOSS_NAMES
from runner.process import InputError


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
    shares = divergences(runs).sort_values("lr", ascending=False, kind="stable")
    keys = [key for key in PARAMS if key in shares and shares[key].nunique() > 1]
    at_settings = matching(runs, settings)
    ours = counting(at_settings, ignoring=("on_divergence",))
    return {
        "sentences": sentences(runs, doomed, settings),
        "picture": epochs_by_loss(ours, epochs),
        "columns": keys,
        "shares": shares.sort_values(keys, key=_in_order).to_dict("records"),
        "of_article": of_article,
        "subtracted": would_have_printed(runs, epochs, "log_softmax") if of_article else [],
        "orders": over_orders(at_settings).to_dict("records") if of_article else [],
    }


def _doomed_seeds(evidence: Evidence) -> pd.DataFrame:
    """`doomed_seeds` of each seed's first model, for the forms that were run.

    Empty without images or parameters.
    """
    if not evidence.study.artifacts:
        return pd.DataFrame()
    of_draw = {key: evidence.settings[key] for key in ("init_sigma", "draws", "data.name")}
    try:
        data_set, train_split, _ = evidence.images(str(of_draw["data.name"]))
    except InputError:
        return pd.DataFrame()
    drawn = matching(evidence.runs, of_draw).drop_duplicates("seed")
    parameters = {}
    for run in drawn.to_dict("records"):
        with contextlib.suppress(InputError):  # a run whose artifacts are gone says nothing
            stored = load_parameters(run["run_id"], evidence.study.uri, data_set.weights_shape)
            parameters[int(run["seed"])] = (stored.W0, stored.b0)
    images = train_split.images.reshape(len(train_split.labels), -1)
    doomed = doomed_seeds(images, train_split.labels, parameters)
    return doomed[[loss for loss in doomed if (evidence.runs["loss"] == loss).any()]]


def _in_order(column: pd.Series) -> pd.Series:
    """Losses as the lesson lists them, learning rates from the largest, the rest as it is."""
    if column.name == "loss":
        return column.map(list(LOSS_NAMES).index)
    return -column if column.name == "lr" else column


COUNTERFACTUALS = Section(
    name="counterfactuals",
    make=_make,
    figure="""\
{% from "macros.md.j2" import figure %}
### What the form of the loss decides

{% for sentence in section.sentences %}
- {{ sentence }}
{% endfor %}

{% call figure("counterfactuals", section.number, "Test accuracy against epoch, a panel for each form of the loss, a line for each learning rate") %}
The mathematics of the forms is the same; what differs is what overflows. Above each panel stand the learning rates that were run with this form, and how many of their runs survived; one without survivors has no line. Lines are medians of the survivors with their 95 % bands, at {{ "the article's" if section.of_article else "the commonest" }} settings.
{% endcall %}
""",
    tables="""\
### How often, when and of what runs diverge

|{% for key in section.columns %} {{ key_name(key) }} |{% endfor %} diverged | of 100 | updates before, median (95 %) | least to most | causes |
|{% for key in section.columns %}{{ key | column_rule }}|{% endfor %}---:|---:|---:|---:|---|
{% for row in section.shares %}
|{% for key in section.columns %} {{ row[key] | plain }} |{% endfor %} {{ row.diverged }} of {{ row.runs }} | {{ (100 * row.low) | figure(0) }} to {{ (100 * row.high) | figure(0) }} | {% if row.diverged %}{{ row.update_median | plain }}{% if row.update_low == row.update_low %} ({{ row.update_low | figure(1) }} to {{ row.update_high | figure(1) }}){% endif %} | {{ row.update_min | plain }} to {{ row.update_max | plain }}{% else %}– | –{% endif %} | {% for cause, count in row.causes.items() %}{{ cause }} {{ count }}{{ ", " if not loop.last }}{% else %}–{% endfor %} |
{% endfor %}

> The runs that count either cross seeds with orders or share neither. Updates are those completed before the first loss that is not finite. Of 100: a 95 % interval of the share by Wilson's method, which allows for seeds crossed with orders; a median has an interval where at least five runs diverged.

{% if section.subtracted %}
### The article's table with a loss that subtracts the maximum

| learning rate | epoch | train loss | train accuracy | test accuracy | runs |
|---:|---:|---:|---:|---:|---:|
{% for row in section.subtracted %}
| {{ row.lr | plain }} | {{ row.epoch }} |{% for name, digits in (("train_loss_batch_mean", 3), ("train_acc_batch_mean", 4), ("test_acc_batch_mean", 4)) %} {{ row[name] | figure(digits) }} ({{ row[name ~ "_low"] | figure(digits) }} to {{ row[name ~ "_high"] | figure(digits) }}) |{% endfor %} {{ row.runs }} |
{% endfor %}

> Median over the runs (smallest to largest), as means of batch means, which is how the article averages.
{% endif %}

{% if section.orders %}
### Does a seed decide?

| seed | learning rate | loss | diverged | of 100 | updates before, median (95 %) | least to most |
|---:|---:|---|---:|---:|---:|---:|
{% for row in section.orders %}
| {{ row.seed }} | {{ row.lr | plain }} | {{ row.loss }} | {{ row.diverged }} of {{ row.runs }} | {{ (100 * row.low) | figure(0) }} to {{ (100 * row.high) | figure(0) }} | {% if row.diverged %}{{ row.update_median | plain }}{% if row.update_low == row.update_low %} ({{ row.update_low | figure(1) }} to {{ row.update_high | figure(1) }}){% endif %} | {{ row.update_min | plain }} to {{ row.update_max | plain }}{% else %}– | –{% endif %} |
{% endfor %}

> One seed of the parameters in several orders of the training examples. The article says that its program always failed with seed 1 and never, from the command line, with seed 2. The same seed draws other parameters in other releases of MXNet, so {{ "these seeds are" if section.orders | map(attribute="seed") | unique | list | length > 1 else "this seed is" }} not the article's; what carries over is whether a seed alone decides. It does where a row lost none or all of its orders; elsewhere the order does too.
{% endif %}
""",
)
