"""The section on the edge: which runs make the grid, what is said of them, and the bounds."""

import math
import re
import sys

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf
from scipy.sparse.linalg import LinearOperator, eigsh
from support import reference
from support.hand_made import GRID_RATES, evidence_of, grid_runs
from support.typing_commands import SMALL, type_command

import analysis
from analysis.report import command as report_cli
from analysis.sections.edge.bounds import AcrossRates, Bounds
from analysis.sections.edge.figure import edge_figure
from analysis.sections.edge.section import EDGE
from analysis.sections.edge.sensitivity import divergence_shares, final_figures
from analysis.sections.edge.sentences import bound_sentences
from runner.commands import lrstudy as cli
from runner.commands.lrstudy import conf_folder


def frames(runs, loss_of):
    """Runs and epochs whose final test loss is `loss_of(run)`; nan is a run that diverged."""
    runs = runs.assign(run_id=[f"run{number}" for number in range(len(runs))])
    runs["test_loss"] = [loss_of(run) for run in runs.to_dict("records")]
    runs["outcome"] = np.where(runs["test_loss"].isna(), "diverged", "trained")
    runs["test_acc"] = 1 / (1 + runs["test_loss"].fillna(9))
    untrained = runs.assign(epoch=0, test_loss=20.0, test_acc=0.1)
    return runs, pd.concat([untrained, runs.assign(epoch=5)], ignore_index=True)


def section_of(runs, loss_of):
    return EDGE.make(evidence_of(*frames(runs, loss_of)))


def test_fewer_than_ten_learning_rates_of_one_loss_have_no_section():
    runs = pd.concat(
        [
            grid_runs(GRID_RATES[:9]),
            grid_runs(GRID_RATES[1:], losses=["log_softmax"]),
        ]
    )
    assert section_of(runs, lambda run: 1.0) == (
        "where the edge is: no ten learning rates were run with the same seeds and settings"
    )


def test_the_sentences_say_where_each_form_breaks_and_where_accuracy_is_highest():
    def loss_of(run):
        if run["loss"] == "log_softmax":
            return abs(math.log10(run["lr"])) + 0.5
        if run["loss"] == "log_pick" or run["lr"] > 0.5:
            return math.nan
        return math.nan if (run["lr"], run["seed"]) == (0.004, 2) else 1 / run["lr"]

    runs = grid_runs(losses=("pick_log", "log_pick", "log_softmax"))
    section = section_of(runs, loss_of)
    said = " ".join(section["sentences"])
    assert (
        "The article's loss was tried at 10 learning rates from 0.001 to 63. The lowest at which a"
        in said
    )
    assert "run diverged is 0.004. There 1 of 2 did. The 95 % interval of the share is" in said
    assert "9 to 91 %. At 4 above it, from 0.016 to 0.4, none did. From 1 on no run" in said
    assert "With the label-only loss all 20 runs diverged" in said
    assert "With the stable loss none of 20 runs diverged" in said
    rows = {row["loss"]: row for row in section["rows"]}
    assert rows["pick_log"]["best"] == 0.4
    assert (rows["log_pick"]["best"], rows["log_pick"]["sensitivity"]) == (None, None)
    assert "There is no curvature bound: tables hold no parameters." in said
    assert section["finding"].startswith("From learning rate 0.001 on, the label-only loss")
    assert section["picture"].rstrip().endswith("</svg>")


def test_accuracy_and_loss_may_have_different_best_rates():
    runs, epochs = frames(grid_runs(), lambda run: abs(math.log10(run["lr"])) + 0.5)
    runs.loc[runs["lr"] == 16, "test_acc"] = 0.99
    (row,) = EDGE.make(evidence_of(runs, epochs))["rows"]
    assert (row["best"], row["best_by_loss"]) == (16, 1.0)


def test_the_words_on_the_bounds():
    across = AcrossRates("log_softmax", 7, {0.1: 0.4, 1.0: 1.0, 10.0: 8.0})
    bounds = Bounds(start=(0.25, 0.5), end={"pick_log": (0.3, 0.35)}, across=across)
    first, second = bound_sentences(bounds)
    assert "0.25 to 0.5 for the untrained models" in first
    assert "With the article's loss it is 0.3 to 0.35 after training" in first
    assert second.startswith("2 learning rates, from 1 to 10, lie above the bounds")
    assert "1 to 1.2 times the bound after training (stable loss, seed 7)" in second


@pytest.mark.parametrize("panels", [2, 3])
def test_the_picture_is_drawn_with_and_without_bounds(panels):
    runs, epochs = frames(grid_runs(), lambda run: math.nan if run["lr"] > 1 else 1.0)
    across = AcrossRates("pick_log", 1, {0.1: 0.4, 1.0: 1.0})
    bounds = Bounds(start=(0.2, 0.4), end={"pick_log": (0.3, 0.3)}, across=across)
    svg = edge_figure(
        divergence_shares(runs),
        final_figures(runs, epochs, "test_acc"),
        bounds if panels == 3 else Bounds(missing="none"),
    )
    assert len(re.findall('id="axes_', svg)) == panels


@pytest.fixture(scope="module")
def edge_study(tmp_path_factory):
    """A folder in which a small grid has run: 10 learning rates x 2 losses x seed 3."""
    place = tmp_path_factory.mktemp("edge")
    words = [f"lr={','.join(map(str, GRID_RATES))}", "loss=pick_log,log_softmax", "seed=3"]
    limits = ["data.train_limit=1024", "data.test_limit=256", "epochs=1", "order_seed=1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(sys, "argv", ["lrstudy", "-m", *words, *limits])
        cli.main()
    return place


def exact_bound(images, W, b):
    """2 / largest eigenvalue by Lanczos in float64, on a product written down anew."""
    X = np.hstack([images.reshape(len(images), -1).astype(float), np.ones((len(images), 1))])
    p = reference.probabilities(X[:, :-1], W.astype(float), b.astype(float))

    def product(v):
        change = X @ v.reshape(len(X.T), -1)
        middle = (p * change).sum(axis=1)
        return (X.T @ (p * change - p * middle[:, None])).ravel() / len(X)

    size = X.shape[1] * len(b)
    (value,) = eigsh(LinearOperator((size, size), product), k=1, return_eigenvectors=False)
    return 2 / value


@pytest.mark.slow
def test_the_bounds_are_those_of_the_models_that_the_runs_started_from_and_ended_with(
    edge_study, splits
):
    from runner.training.lesson import init_parameters

    uri = f"sqlite:///{edge_study}/mlflow.db"
    runs, epochs = analysis.load_runs(uri=uri)
    section = EDGE.make(evidence_of(runs, epochs, uri))
    images = splits[0].images[:1024]
    start = exact_bound(images, *(values.asnumpy() for values in init_parameters(3, 1.0)))
    assert section["start"] == pytest.approx((start, start), rel=1e-2)
    best = next(row for row in section["rows"] if row["loss"] == "log_softmax")
    (run,) = runs[(runs["loss"] == "log_softmax") & (runs["lr"] == best["best"])]["run_id"]
    saved = np.load(next(edge_study.glob(f"mlartifacts/**/{run}/artifacts/parameters.npz")))
    end = exact_bound(images, saved["W"], saved["b"])
    assert best["bound"] == pytest.approx((end, end), rel=1e-2)
    across = section["across"]
    assert (across.form, across.seed) == ("log_softmax", 3)
    assert list(across.bounds) == GRID_RATES
    assert across.bounds[best["best"]] == pytest.approx(end, rel=1e-2)


@pytest.mark.slow
def test_the_report_has_the_section_and_its_picture(edge_study, capsys, tmp_path):
    answer = type_command(
        report_cli.main,
        capsys,
        "lrstudy-report",
        *("--uri", f"sqlite:///{edge_study}/mlflow.db", "--output", str(tmp_path)),
    )
    assert (answer.status, answer.err) == (0, "")
    page = (tmp_path / "index.html").read_text()
    assert '<h3 id="where-is-the-edge">' in page
    assert "With the stable loss none of 10 runs diverged" in page
    assert "for the untrained models" in page
    assert (tmp_path / "figures" / "edge.svg").read_text().rstrip().endswith("</svg>")


@pytest.mark.slow
def test_runs_without_parameters_have_no_bound_and_the_section_says_so(edge_study):
    uri = f"sqlite:///{edge_study}/mlflow.db"
    runs, epochs = analysis.load_runs(uri=uri)
    renamed = {run: f"{number:032x}" for number, run in enumerate(runs["run_id"])}
    runs, epochs = (frame.replace({"run_id": renamed}) for frame in (runs, epochs))
    section = EDGE.make(evidence_of(runs, epochs, uri))
    assert section["start"] is None
    assert re.match(
        "There is no curvature bound: MLflow run 0+ cannot be read from ", section["sentences"][-1]
    )


@pytest.mark.slow
def test_the_preset_is_a_fine_logarithmic_grid_of_three_losses_each_seed_in_its_own_order(lrstudy):
    preset = OmegaConf.load(conf_folder() / "experiment" / "edge.yaml")
    runs, twins = preset.hydra.sweeper.grids
    rates = [float(rate) for rate in preset.hydra.sweeper.params.lr.split(",")]
    assert len(rates) >= 25
    assert (rates[0], rates[-1]) == (1e-3, 1e2)
    assert np.diff(np.log10(rates)) == pytest.approx(5 / (len(rates) - 1), abs=0.01)
    assert runs.loss == "pick_log,log_pick,log_softmax"
    assert twins.loss == "log_softmax"
    answer = lrstudy("+experiment=edge", "lr=0.1", "seed=1,2", *SMALL)
    assert "10 configurations" in answer.out  # three forms of the loss, and two twins of one
    runs, _ = analysis.load_runs()
    assert set(zip(runs["seed"], runs["order_seed"], strict=True)) == {(1, 1), (2, 2)}
