"""Training and report on a user's own images: three classes, not square, as IDX files or npz."""

import hashlib
import json
import re
import shutil
import sys

import numpy as np
import pytest
from conftest import run_sweep
from support import reference
from support.commands import client_of, runs_of
from support.made_once import made_once
from support.own_data import KINDS, NAMES, idx_files, made_up, write_idx, write_npz

from analysis.report import main as report_main
from runner.data import Split
from runner.losses import LOSSES

RATES = "0.01,0.02,0.05,0.1,0.2,0.5,1,2,5,10"


@pytest.fixture
def npz(folder):
    return ("data=npz", f"data.root={write_npz(folder / 'mine.npz')}")


def parameters_of(folder, run):
    path = folder / "mlartifacts" / run.info.run_id / "artifacts" / "parameters.npz"
    with np.load(path) as stored:
        return dict(stored)


def refused(answer):
    assert (answer.status, answer.err.count("\n")) == (2, 1), answer.err
    return answer.err


@pytest.mark.parametrize("form", ["idx", "npz"])
@pytest.mark.parametrize("loss", ["pick_log", "log_softmax"])
def test_a_run_has_the_figures_of_the_lesson_in_float64(lrstudy, folder, form, loss):
    root = write_npz(folder / "a.npz") if form == "npz" else write_idx(folder / "a")
    words = (f"data={form}", f"data.root={root}", "epochs=2", "batch_size=64", "seed=3")
    answer = lrstudy(*words, f"loss={loss}", "order_seed=1")
    assert answer.status == 0, answer.err
    (run,) = runs_of(folder)
    stored = parameters_of(folder, run)
    assert (stored["W"].shape, stored["b"].shape) == ((35, 3), (3,))
    splits = [Split(images / 255, labels) for images, labels in made_up().values()]
    keys = {"step_size": 0.1 / 64, "batch_size": 64, "epochs": 2, "order_seed": 1}
    client = client_of(folder)
    for epoch, figures in enumerate(
        reference.train(*splits, stored["W0"], stored["b0"], **keys), start=1
    ):
        for name, value in figures.items():
            history = client.get_metric_history(run.info.run_id, name)
            (found,) = (one.value for one in history if one.step == epoch)
            assert found == pytest.approx(value, rel=1e-5), (epoch, name)


def test_a_run_carries_sizes_and_digests_and_packing_changes_neither(lrstudy, folder):
    plain, packed = write_idx(folder / "plain"), write_idx(folder / "packed", packed=True)
    assert lrstudy("data=idx", f"data.root={plain}").status == 0
    again = lrstudy("data=idx", f"data.root={packed}")
    assert "Trained before, as MLflow run " in again.out
    (run,) = runs_of(folder)
    assert re.fullmatch("idx-[0-9a-f]{16}", run.data.params["data.name"])
    assert run.data.params["data.train_limit"] == "300"
    assert (
        run.info.run_name
        == f"pick_log sigma=1 lr=0.1 bs=256 seed=2 data.name={run.data.params['data.name']}"
    )
    inputs = {one.dataset.name: one for one in run.inputs.dataset_inputs}
    for split, kind in KINDS.items():
        given = inputs[f"{run.data.params['data.name']}-{split}"]
        assert json.loads(given.dataset.source) == {"uri": str(plain)}
        tags = {tag.key: tag.value for tag in given.tags}
        for name in (f"{kind}-images-idx3-ubyte", f"{kind}-labels-idx1-ubyte"):
            assert tags[f"sha256 {name}"] == hashlib.sha256(idx_files()[name]).hexdigest()


def test_other_pixels_are_another_configuration(lrstudy, folder, npz):
    lrstudy(*npz, "epochs=1")
    images = made_up()["train"][0]
    images[0, 0, 0] ^= 1
    write_npz(folder / "mine.npz", train_images=images)
    lrstudy(*npz, "epochs=1")
    assert len({run.data.tags["config_hash"] for run in runs_of(folder)}) == 2


def test_limits_are_those_of_the_files(lrstudy, npz):
    assert "batch_size must be a whole number from 1 to 300" in refused(
        lrstudy(*npz, "batch_size=301")
    )
    assert "data.test_limit must be null or a whole number from 1 to 90" in refused(
        lrstudy(*npz, "data.test_limit=91")
    )
    assert "rounding must be a whole number from 0 to 105" in refused(lrstudy(*npz, "rounding=106"))
    assert lrstudy(*npz, "rounding=105", "epochs=1").status == 0
    dry = lrstudy(*npz, "dry_run=true")
    assert (dry.status, "1 configuration, 1 to train" in dry.out) == (0, True)


def test_bad_data_is_told_before_there_is_a_store(lrstudy, folder):
    root = write_npz(folder / "mine.npz", train_labels=np.array([{}], object))
    for words in (("data=npz", f"data.root={root}"), ("-m", "data=npz", f"data.root={root}")):
        assert f"train_labels of {root} must be numbers, found object" in refused(lrstudy(*words))
    assert "data=npz needs data.root: " in refused(lrstudy("data=npz"))
    assert not (folder / "mlflow.db").exists()


def test_a_divergence_is_told_with_the_user_s_names_and_image(lrstudy, folder):
    root = write_idx(folder / "mine", names=NAMES)
    answer = lrstudy("data=idx", f"data.root={root}", "init_sigma=100", "batch_size=32")
    assert re.search(rf"Diverged .* \(label ({'|'.join(NAMES)})\)", answer.out)
    (run,) = runs_of(folder)
    artifacts = folder / "mlartifacts" / run.info.run_id / "artifacts" / "divergence"
    found = json.loads((artifacts / "post_mortem.json").read_text())
    images, labels = made_up()["train"]
    assert found["label"] == labels[found["example"]]
    stored = parameters_of(folder, run)
    assert found["update"] == 1  # so that its parameters are known
    image = images[found["example"]].reshape(35) / 255
    np.testing.assert_allclose(
        found["logits"], image @ stored["W0"].astype(float) + stored["b0"], rtol=1e-4
    )
    assert (artifacts / "guilty_image.png").stat().st_size > 1000


def test_a_rerun_finds_the_data_where_it_was_or_where_it_is_told_to_be(lrstudy, folder, npz):
    lrstudy(*npz, "epochs=1")
    (run,) = runs_of(folder)
    rerun = f"rerun={run.info.run_id}"
    assert "Identical: " in lrstudy(rerun).out
    moved = shutil.move(folder / "mine.npz", folder / "moved.npz")
    assert f"{folder / 'mine.npz'} is not a file" in refused(lrstudy(rerun))
    assert "Identical: " in lrstudy(rerun, f"data.root={moved}").out
    write_npz(moved, train_labels=made_up()["train"][1][::-1])
    assert f"used {run.data.params['data.name']}, found npz-" in refused(
        lrstudy(rerun, f"data.root={moved}")
    )


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """A folder with a grid of learning rates on named data, trained in stacks."""

    def run(place):
        root = write_idx(place / "mine", names=NAMES)
        words = (f"lr={RATES}", "seed=1,2", "order_seed=1", "loss=pick_log,log_softmax")
        sizes = ("batch_size=32", "epochs=2", "hydra/launcher=stacked", "hydra.launcher.n_jobs=1")
        run_sweep(place, "data=idx", f"data.root={root}", *words, *sizes)
        run_sweep(place, "data=idx", f"data.root={root}", "lr=0.1,1", "seed=1,2", "epochs=2")

    return made_once(tmp_path_factory, "own_grid", run)


def report_of(grid, *words):
    """The text of the report that `lrstudy-report WORDS` writes about this grid."""
    output = grid / "report"
    store = ("--uri", f"sqlite:///{grid}/mlflow.db", "--output", str(output))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["lrstudy-report", *store, *words])
        report_main()
    return (output / "report.md").read_text()


@pytest.fixture(scope="module")
def text(grid):
    return report_of(grid)


@pytest.mark.slow
def test_in_a_stack_a_run_has_the_figures_that_it_has_alone(grid, lrstudy, folder):
    lrstudy(
        *("data=idx", f"data.root={grid / 'mine'}", "lr=0.5", "seed=2", "order_seed=1"),
        *("batch_size=32", "epochs=2", "loss=log_softmax"),
    )
    (alone,) = runs_of(folder)
    (stacked,) = (
        run
        for run in runs_of(grid)
        if run.data.tags["config_hash"] == alone.data.tags["config_hash"]
    )
    assert int(stacked.data.tags["stack_width"]) > 1
    assert alone.data.metrics == stacked.data.metrics


@pytest.mark.slow
def test_the_report_has_every_section_that_needs_no_article_and_none_that_does(grid, text):
    for heading in (
        *("Learning rate and batch size", "What the form of the loss decides"),
        *("Where is the edge?", "What the models have learned", "What one of them confuses"),
    ):
        assert f"### {heading}" in text
    assert "| seeds at risk |" in text
    assert re.search(r"\| 0 of \d+ \|$", text, re.MULTILINE)
    assert "This curvature bound is " in text
    for words in ("Fashion-MNIST", "In February 2018", "printed", "The article's row"):
        assert words not in text.split("## Glossary")[0], words
    name = runs_of(grid)[0].data.params["data.name"]
    assert f"softmax regression from scratch on {name} " in text
    assert f"| data | {name} at `{grid / 'mine'}`, digests of " in text


@pytest.mark.slow
def test_the_confusion_matrix_is_that_of_a_model_and_has_the_user_s_classes(grid, text):
    told = re.search(
        r"all 90 test images .*: the (.+) at learning rate (\S+), seed (\d)\. "
        r"It classifies (\S+) of them correctly",
        text,
    )
    title, rate, seed, accuracy = told.groups()
    (loss,) = (name for name, form in LOSSES.items() if form.title == title)
    (run,) = (
        one
        for one in runs_of(grid)
        if (float(one.data.params["lr"]), one.data.params["loss"]) == (float(rate), loss)
        and (one.data.params["seed"], one.data.params["batch_size"]) == (seed, "32")
    )
    assert float(accuracy) == pytest.approx(run.data.metrics["test_acc"], abs=5e-4)
    assert re.search(rf"It knows ({'|'.join(NAMES)}) best", text)


@pytest.mark.slow
def test_the_curvature_bound_is_that_of_the_hessian(grid, text):
    images, _ = made_up()["train"]
    X = images.reshape(len(images), 35) / 255
    bounds = []
    for run in runs_of(grid):
        if run.data.params["lr"] == "0.1" and run.data.params["batch_size"] == "32":
            stored = parameters_of(grid, run)
            whole = reference.hessian(X, stored["W0"].astype(float), stored["b0"].astype(float))
            bounds.append(2 / np.linalg.eigvalsh(whole)[-1])
    told = re.search(r"curvature bound is (\S+) to (\S+) for the untrained models", text)
    low, high = told.groups()
    assert (float(low), float(high)) == pytest.approx((min(bounds), max(bounds)), rel=0.05)


@pytest.mark.slow
def test_without_the_data_the_report_says_what_is_missing_and_finds_it_elsewhere(grid, tmp_path):
    moved, other = tmp_path / "moved", write_idx(tmp_path / "other")
    shutil.copytree(grid / "mine", moved)
    left_out = report_of(grid, "--data", str(other)).split("### Left out")[1]
    assert re.search(
        f"Weights and predictions of trained models: idx-.* is not at {other}", left_out
    )
    found = report_of(grid, "--data", str(moved))
    assert "### What one of them confuses" in found
    assert f"lrstudy-report --data {moved}" in found


def test_a_sweep_logs_models_for_images_of_this_size(grid):
    client = client_of(grid)
    (experiment,) = client.search_experiments(filter_string="name = 'lr-study'")
    models = client.search_logged_models([experiment.experiment_id])
    assert models
    files = list((grid / "mlartifacts").glob("**/MLmodel"))
    assert files
    assert all("5, 7" in re.sub(r"\s+", " ", file.read_text()) for file in files)
