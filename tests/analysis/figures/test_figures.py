"""The pictures: what they show is what the runs say, and they stay small and the same."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import analysis
from analysis.figures.batch_sizes import learning_rate_by_batch_size
from analysis.figures.drawing import spread
from analysis.figures.epochs import epochs_by_learning_rate, epochs_by_loss, rates_of_panels
from analysis.figures.rates import outcome_by_learning_rate
from analysis.figures.survival import survival_by_learning_rate
from analysis.reading.parameters import Parameters
from analysis.reading.runs import EPOCH_METRICS, PARAMS
from analysis.sections.model_figures import first_predictions
from analysis.sections.trained_models import TrainedModel, confusions, trained_models
from runner.data import FASHION_MNIST, Split
from runner.pictures.style import BAD, rate_look, rate_looks

LABELS = FASHION_MNIST.labels


def some_runs(rates, seeds, lost=(), **keys):
    """Runs and epochs by hand; the learning rates `lost` diverge after two updates."""
    runs, epochs = [], []
    rng = np.random.default_rng(1)
    for lr in rates:
        for seed in range(seeds):
            run_id = f"{lr} {seed} {keys}"
            dead = lr in lost
            base = {**dict.fromkeys(PARAMS, 1), "lr": lr, "epochs": 5, "batch_size": 256}
            base |= {"loss": "pick_log", "data.train_limit": 60_000, **keys, "seed": seed}
            for epoch in range(2 if dead else 6):
                height = np.nan if dead and epoch else 0.1 + epoch / 10 + rng.uniform(0, 0.05)
                epochs.append(
                    {"run_id": run_id, "epoch": epoch, **dict.fromkeys(EPOCH_METRICS, height)}
                )
            runs.append(
                {
                    **base,
                    "run_id": run_id,
                    "outcome": "diverged" if dead else "trained",
                    "diverged_epoch": 1.0 if dead else np.nan,
                    "diverged_update": 2.0 if dead else np.nan,
                    **epochs[-1],
                }
            )
    return pd.DataFrame(runs).drop(columns="epoch"), pd.DataFrame(epochs)


def panels(svg):
    assert svg.rstrip().endswith("</svg>")
    return len(re.findall('id="axes_', svg))


def test_a_learning_rate_looks_the_same_in_every_picture():
    assert rate_look(1.0)["color"] == "#d55e00"
    assert rate_look(0.1)["color"] == "#0072b2"
    looks = [rate_look(lr) for lr in (1e-5, 1e-4, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0)]
    colours = np.array([to_rgb(look["color"]) for look in looks])
    distances = np.abs(colours[:, None] - colours).sum(axis=2)[~np.eye(len(looks), dtype=bool)]
    assert distances.min() > 0.3


@pytest.mark.parametrize(
    "rates",
    [
        (1.0, 0.1, 0.01, 1e-4, 1e-5),
        (10.0, 1.0, 0.1, 0.01, 0.001),
        (2.0, 1.0, 0.1, 0.01, 0.005),
        (0.14, 0.13, 0.12, 0.11, 0.1),
    ],
)
def test_learning_rates_of_one_picture_differ_without_colours_too(rates):
    looks = rate_looks(rates)
    assert looks[rates[0]] == rate_look(rates[0])
    assert [looks[rate]["color"] for rate in rates] == [rate_look(rate)["color"] for rate in rates]
    for part in ("linestyle", "marker"):
        assert len({looks[rate][part] for rate in rates}) == len(rates)


def test_of_many_values_the_ends_are_shown():
    assert spread([3, 1, 2], 5) == [1, 2, 3]
    assert spread([], 2) == []
    assert spread(list(range(100)), 3) == [0, 50, 99]


@pytest.mark.parametrize(
    ("rates", "columns"), [((0.1,), 1), ((1.0, 0.1, 0.01), 3), (range(1, 27), 5)]
)
def test_each_learning_rate_has_a_panel_for_loss_and_one_for_accuracy(rates, columns):
    runs, epochs = some_runs([float(rate) for rate in rates], 3)
    assert panels(epochs_by_learning_rate(runs, epochs)) == 2 * columns


@pytest.mark.parametrize("lost", [(), (1.0,), (1.0, 0.1)])
def test_pictures_are_drawn_whoever_survives(lost):
    runs, epochs = some_runs([1.0, 0.1], 6, lost)
    other, more = some_runs([1.0, 0.1], 6, loss="log_softmax")
    both, all_epochs = pd.concat([runs, other]), pd.concat([epochs, more])
    assert panels(epochs_by_learning_rate(runs, epochs)) == 4
    assert panels(epochs_by_loss(both, all_epochs)) == 2
    assert panels(outcome_by_learning_rate({"pick_log": runs, "log_softmax": other})) == 2
    assert panels(outcome_by_learning_rate({"pick_log": runs})) == 2
    assert panels(survival_by_learning_rate(both)) == 2


@pytest.fixture
def drawn(monkeypatch):
    """Call a function of `analysis.figures` and get Matplotlib's figure, not its SVG."""

    def draw(function, *arguments):
        monkeypatch.setattr(f"{function.__module__}.svg", lambda figure: figure)
        return function(*arguments)

    return draw


def test_a_cross_stands_at_the_update_and_the_last_height_of_its_run(drawn):
    runs, epochs = some_runs([1.0, 0.1], 3, (1.0,))
    runs.loc[runs.index[:3], "diverged_update"] = [0, 2, 47]
    figure = drawn(epochs_by_learning_rate, runs, epochs)
    untrained = epochs[epochs["epoch"] == 0].set_index("run_id")["test_acc"]
    for ax in figure.axes:  # hand-made losses are accuracies
        crosses = [line for line in ax.lines if line.get_marker() == "x"]
        if not ax.get_subplotspec().is_first_col():
            assert crosses == []
            continue
        (cross,) = crosses
        heights = untrained[runs["run_id"][:3]]
        expected = np.column_stack([np.array([0, 2, 47]) / 235, heights])
        found = cross.get_xydata()
        assert found[found[:, 0].argsort()] == pytest.approx(expected)


def test_a_cell_of_the_map_has_the_survivors_median_and_the_share_that_diverged(drawn):
    runs = pd.concat([some_runs([1.0, 0.1], 4)[0], some_runs([0.1], 4, batch_size=64)[0]])
    runs = runs.reset_index(drop=True)
    runs["test_acc"] = [0.5, 0.6, 0.7, 0.8, 0.1, 0.2, 0.3, 0.9, 0.4, 0.4, 0.4, 0.4]
    runs.loc[[7, 8, 9, 10, 11], "outcome"] = "diverged"
    ax, _ = drawn(learning_rate_by_batch_size, runs).axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.1", "1"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["64", "256"]
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {
        (0, 0): "100 % diverged",
        (0, 1): "0.200\n25 % diverged",
        (1, 1): "0.650\n0 % diverged",
    }


def test_shares_and_medians_stand_at_the_heights_of_the_runs(drawn):
    runs = some_runs([1.0, 0.1], 5)[0]
    runs["test_acc"] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.1, 0.2, 0.3, 0.4, 0.5]
    runs.loc[[0, 1], "outcome"] = "diverged"
    above, below = drawn(outcome_by_learning_rate, {"pick_log": runs}).axes
    (shares,) = below.lines
    assert shares.get_xydata().tolist() == [[0.1, 0.0], [1.0, 0.4]]
    (medians,) = (line for line in above.lines if len(line.get_xdata()) == 2)
    assert medians.get_xydata() == pytest.approx(np.array([[0.1, 0.3], [1.0, 0.8]]))


def test_only_a_wrong_prediction_is_crossed_bold_and_coloured(drawn):
    images = np.zeros((3, 28, 28), np.float32)
    images[[0, 1, 2], 0, [0, 1, 2]] = 1  # a pixel for each image, by which the weights know it
    W = np.zeros((784, 10), np.float32)
    W[0, 9], W[1, 2], W[2, 4] = 1, 1, 1
    model = TrainedModel("run", 0.1, "pick_log", 1, W, W, W[0] * 0)
    truth = np.array([9, 2, 1], np.float32)
    figure = drawn(first_predictions, [model], Split(images, truth), 3)
    assert [ax.get_title(loc="center") for ax in figure.axes] == [LABELS[int(k)] for k in truth]
    found = [ax.texts[0] for ax in figure.axes]
    cross = "\N{MULTIPLICATION SIGN} "
    assert [text.get_text() for text in found] == [LABELS[9], LABELS[2], cross + LABELS[4]]
    assert [text.get_fontweight() for text in found] == ["normal", "normal", "bold"]
    assert [text.get_color() == BAD for text in found] == [False, False, True]


def test_a_map_has_cells_without_runs_and_without_survivors():
    runs = pd.concat(
        [
            some_runs([1.0, 0.1], 3, (1.0,))[0],
            some_runs([0.1], 3, batch_size=64)[0],
        ]
    )
    assert panels(learning_rate_by_batch_size(runs)) == 2  # the map and its scale
    assert panels(learning_rate_by_batch_size(runs.assign(outcome="diverged"))) == 2


def test_a_picture_is_the_same_whenever_it_is_drawn():
    runs, epochs = some_runs([1.0, 0.1], 6, (1.0,))
    assert epochs_by_learning_rate(runs, epochs) == epochs_by_learning_rate(runs, epochs)


def test_a_thousand_runs_make_no_large_picture():
    runs, epochs = some_runs([1.0, 0.1, 0.01, 0.001], 250)
    assert len(epochs_by_learning_rate(runs, epochs)) < 500_000
    assert len(outcome_by_learning_rate({"pick_log": runs})) < 500_000


def test_a_model_read_back_predicts_what_its_run_logged(study, small_splits):
    uri = f"sqlite:///{study}/mlflow.db"
    runs, _ = analysis.load_runs(uri=uri)
    (model,) = trained_models(runs, uri)  # learning rate 1 diverges with both seeds
    assert (model.lr, model.loss, model.seed) == (0.1, "pick_log", 1)
    test = small_splits[1]
    predicted = model.predict(test.images.reshape(len(test.labels), -1))
    logged = runs.set_index("run_id")["test_acc"][model.run_id]
    assert (predicted == test.labels).mean() == pytest.approx(logged, abs=1e-9)
    counts = confusions(predicted, test.labels)
    assert counts.sum() == len(test.labels)
    for truth, taken in ((0, 0), (6, 0), (9, 7)):
        assert counts[truth, taken] == sum(
            int(label) == truth and guess == taken
            for label, guess in zip(test.labels, predicted, strict=True)
        )


def no_parameters(run_id, uri):
    empty = np.zeros((784, 10), np.float32)
    return Parameters(empty, empty[0], empty, empty[0])


def test_of_many_models_the_ends_and_the_best_are_shown(monkeypatch):
    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", no_parameters)
    runs, _ = some_runs([1.0, 0.3, 0.1, 0.03, 0.01], 2)
    runs.loc[runs["lr"] == 0.03, "test_acc"] = 0.99
    assert [model.lr for model in trained_models(runs, None)] == [1.0, 0.03, 0.01]
    runs.loc[runs["lr"] == 1.0, "test_acc"] = 1.0
    assert [model.lr for model in trained_models(runs, None)] == [1.0, 0.1, 0.01]
    assert trained_models(runs.assign(outcome="diverged"), None) == []


def test_the_models_shown_are_of_the_form_that_learns_best(monkeypatch):
    """Of forms that learned at three learning rates or more; one lucky rate is not enough."""
    monkeypatch.setattr("analysis.sections.trained_models.load_parameters", no_parameters)
    runs, _ = some_runs([1.0, 0.1, 0.01, 0.001], 2)
    best = runs[runs["lr"] > 0.001].assign(loss="log_softmax", test_acc=0.9)
    lucky = runs[runs["lr"] == 1.0].assign(loss="log_pick", test_acc=0.99)
    models = trained_models(pd.concat([runs, best, lucky], ignore_index=True), None)
    assert {model.loss for model in models} == {"log_softmax"}
    assert [model.lr for model in models] == [1.0, 0.1, 0.01]


def test_the_article_s_learning_rates_have_panels_among_many():
    grid = pd.DataFrame({"lr": [0.001, 0.004, 0.01, 0.04, 0.1, 0.4, 1.0, 4.0, 10.0]})
    assert rates_of_panels(grid) == [10.0, 1.0, 0.1, 0.01, 0.001]
    assert rates_of_panels(grid[grid["lr"].isin([0.4, 4.0])]) == [4.0, 0.4]
