"""The command `lrstudy`, typed in an empty folder."""

import re
import shutil
import subprocess
import sys

import mxnet
import numpy as np
import pytest
from support.commands import client_of, runs_of
from support.typing_commands import SMALL

from runner import __version__, data
from runner.data import FASHION_MNIST
from runner.losses import LOSSES

SEEDS = "a whole number from 0 to 2147483647"
BAD_INPUT = [
    (["lr=0"], "lr must be a finite number above 0, got 0"),
    (["lr=-1"], "lr must be a finite number above 0, got -1"),
    (["lr=nan"], "lr must be a finite number above 0, got nan"),
    (["lr=inf"], "lr must be a finite number above 0, got inf"),
    (["lr=abc"], "lr must be a finite number above 0, got abc"),
    (["lr=null"], "lr must be a finite number above 0, got null"),
    (["~lr"], "lr must be a finite number above 0, got null"),
    (["batch_size=0"], "batch_size must be a whole number from 1 to 60000 .*, got 0"),
    (["batch_size=60001"], "batch_size must be a whole number from 1 to 60000 .*, got 60001"),
    (["batch_size=2.5"], "batch_size must be a whole number from 1 to 60000 .*, got 2.5"),
    (["data.train_limit=10"], r"batch_size must be .* from 1 to 10 \(data.train_limit\), got 256"),
    (["data.train_limit=0"], "data.train_limit must be null or a whole number .*, got 0"),
    (["seed=-1"], f"seed must be {SEEDS}, got -1"),
    (["seed=1.5"], f"seed must be {SEEDS}, got 1.5"),
    (["order_seed=2147483648"], f"order_seed must be {SEEDS}, got 2147483648"),
    (["epochs=0"], "epochs must be a whole number of at least 1, got 0"),
    (["init_sigma=-1"], "init_sigma must be 0 or a number above it that float32 can hold, got -1"),
    (["draws=linux"], "draws must be one of mxnet, macos, got linux"),
    (["rounding=7841"], "rounding must be a whole number from 0 to 7840 .*, got 7841"),
    (["clip_gradient=0"], "clip_gradient must be null or a number above 0 .* can hold, got 0"),
    (["clip_gradient=nan"], "clip_gradient must be null or a number above 0 .* can hold, got nan"),
    (["dtype=float16"], "dtype must be one of float32, float64, got float16"),
    (["init_sigma=1e300"], "init_sigma must be 0 or .* that float32 can hold, got 1e.300"),
    (["lr=1e300"], "lr must give a step size lr / batch_size that float32 can hold, .*"),
    (["lr=1e-300"], "lr must give a step size lr / batch_size that float32 can hold, .*"),
    (["lr=${nokey}"], "lr must be a finite number above 0, but .*nokey.*"),
    (["loss=square"], f"loss must be one of {', '.join(LOSSES)}, got square"),
    (["division=python4"], "division must be one of python3, python2, got python4"),
    (["on_divergence=cry"], "on_divergence must be one of stop, continue, got cry"),
    (["skip_finished=maybe"], "skip_finished must be true or false, got maybe"),
    (["dry_run=perhaps"], "dry_run must be true or false, got perhaps"),
    (["-m", "seed=1,2", "fail_fast=maybe"], "fail_fast must be true or false, got maybe"),
    (["rate=1"], "rate is not a key; .*the keys are lr, .*lrstudy --help"),
    (["+rate=1"], "rate is not a key; .*the keys are lr, .*lrstudy --help"),
    (["batchsize=64"], "batchsize is not a key; did you mean batch_size\\? the keys are lr, .*"),
    (["data.files=1"], "data.files is not a key; .*the keys are lr, .*"),
    (["+experiment=none"], "Could not find 'experiment/none' Available options .*smoke"),
    (["lr=1,2"], "Ambiguous value .*add --multirun to your command line"),
    (["-m", "lr=0.1,-1"], "lr must be a finite number above 0, got -1"),
    (["-m", "lr=0.1,abc"], "lr must be a finite number above 0, got abc"),
    (["-m", "seed=range(1,1)"], "the sweep is empty: one of its keys has no value; .*"),
    (
        ["tracking.uri=mysql://x/y"],
        "tracking.uri: mysql://x/y cannot be used as an MLflow store .*",
    ),
    (["-m", "fail_fast=true,false"], "fail_fast must be the same in the whole sweep.*"),
    (
        ["-m", "tracking.experiment=a,b"],
        "tracking.experiment must be the same in the whole sweep.*",
    ),
    (["tracking.uri='sqlite:///a.db?timeout=30'"], "tracking.uri must be sqlite:///FILE, .*"),
    (["tracking.uri=sqlite:///:memory:"], "tracking.uri must be sqlite:///FILE, .*"),
    (["tracking.uri=sqlite://a.db"], "tracking.uri must be sqlite:///FILE, .*"),
    (["tracking.uri=postgresql://127.0.0.1:9/none"], "cannot be used as an MLflow store .*"),
    (["tracking.uri=mlruns"], "tracking.uri must be sqlite:///FILE, .*, got mlruns"),
    (["tracking.uri=sqlite:////proc/mlflow.db"], "/proc must be a folder that can be written .*"),
    (["tracking.uri=sqlite:////proc/none/mlflow.db"], "/proc/none must be a folder that can be .*"),
    (["tracking.uri=http://127.0.0.1:9"], "no MLflow server answers at http://127.0.0.1:9 .*"),
    (["rerun="], "rerun must be null or the id of an MLflow run, got nothing"),
    (["rerun=abc"], "there is no MLflow store .*mlflow.db; train something first: lrstudy"),
    (["rerun=abc", "lr=1"], "rerun uses the values of the run; leave out lr"),
    (["rerun=abc", "+experiment=smoke"], "rerun repeats one run, not a sweep; .* presets"),
    (["-m", "rerun=abc,def"], "rerun repeats one run, not a sweep; leave out -m .*"),
    (["tracking.uri=mongodb://me:secret@server/runs"], r".*got mongodb://\*\*\*@server/runs$"),
    (["data.root=/none"], "/none is not a folder: data.root must .*"),
]


@pytest.mark.parametrize(
    ("words", "line"), BAD_INPUT, ids=[" ".join(words) for words, _ in BAD_INPUT]
)
def test_bad_input_gives_one_line_status_2_and_no_run(lrstudy, folder, words, line):
    answer = lrstudy(*words)
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert re.match(f"lrstudy: .*{line}", answer.err)
    assert "Traceback" not in answer.err + answer.out
    if (folder / "mlflow.db").exists():
        assert runs_of(folder) == []


@pytest.mark.slow
def test_what_is_logged_and_printed_has_no_password_in_it(lrstudy, folder):
    """Any address in any key: here that of the experiment, which may be called anything."""
    words = (*SMALL, "tracking.experiment='a://me:p4ss@b'", "epochs=1")
    answer = lrstudy("-m", "seed=1,2", *words)
    assert answer.status == 0
    (sweep,) = runs_of(folder, kind="sweep", experiment="a://***@b")
    assert "a://***@b" in sweep.data.tags["command"]
    files = [path for path in folder.glob("mlartifacts/*/artifacts/config/*") if path.is_file()]
    assert len(files) == 2 * 3
    assert not [path for path in files if "p4ss" in path.read_text()]
    bad = lrstudy("tracking.uri=postgresql://me:p4ss#@db:1/runs")
    assert (bad.status, "p4ss" in bad.err) == (2, False)


@pytest.mark.parametrize("name", FASHION_MNIST.files["train"])
def test_a_damaged_data_file_gives_one_line_and_no_run(lrstudy, folder, name):
    root = folder / "data"
    root.mkdir()
    for file in FASHION_MNIST.digests:
        shutil.copy(data.locate() / file, root / file)
    with (root / name).open("r+b") as file:
        file.truncate(1000)
    answer = lrstudy(f"data.root={root}")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert f"{root / name} is truncated or altered: expected SHA-256" in answer.err
    assert runs_of(folder) == []


def test_a_file_that_is_not_a_database_is_told_and_left_alone(lrstudy, folder):
    (folder / "notes.txt").write_text("not a database, but dear to somebody")
    answer = lrstudy("tracking.uri=sqlite:///notes.txt")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "notes.txt is not an SQLite database" in answer.err
    assert (folder / "notes.txt").read_text() == "not a database, but dear to somebody"


def test_version(lrstudy):
    assert lrstudy("--version").out == f"lrstudy {__version__}\n"


def test_help_explains_every_key_and_gives_three_examples(lrstudy):
    from runner.keys import RULES

    text = lrstudy("--help").out
    for key in RULES:
        assert re.search(rf"^ +{re.escape(key)} +\w.* (\[|\w)", text, re.MULTILINE), key
    examples = [line.split("  ")[1] for line in text.splitlines() if line.startswith("  lrstudy")]
    assert examples[:3] == [
        "lrstudy",
        "lrstudy lr=0.01 seed=3",
        "lrstudy -m lr=1,0.1,0.01 'seed=range(1,6)' batch_size=64,256",
    ]


def test_help_imports_neither_mxnet_nor_mlflow():
    code = (
        "import sys; from runner.commands.lrstudy import main; sys.argv = ['lrstudy', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'mxnet', 'mlflow', 'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.endswith("[]\n")


def test_lrstudy_trains_the_defaults_and_prints_the_article_s_lines(lrstudy, folder):
    answer = lrstudy()
    lines = answer.out.splitlines()
    assert answer.status == 0
    assert lines[0] == "pick_log sigma=1 lr=0.1 bs=256 seed=2"
    assert lines[1] == "Untrained. Test acc 0.108008"
    pattern = r"Epoch (\d)\. Loss: (\d\.\d{6}), Train acc (0\.\d{6}), Test acc (0\.\d{6})"
    figures = [re.fullmatch(pattern, line).groups() for line in lines[2:7]]
    assert [int(epoch) for epoch, *_ in figures] == [1, 2, 3, 4, 5]
    # The study's reference numbers, measured apart from this program.
    assert float(figures[0][1]) == pytest.approx(3.827094, rel=5e-4)
    assert float(figures[0][3]) == pytest.approx(0.581445, abs=1e-4)
    assert float(figures[4][2]) == pytest.approx(0.721476, abs=1e-4)
    (run,) = runs_of(folder)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "pick_log sigma=1 lr=0.1 bs=256 seed=2"
    assert run.info.run_id in lines[7]
    assert run.data.tags["outcome"] == "trained"
    assert {"lr": "0.1", "batch_size": "256", "loss": "pick_log"}.items() <= run.data.params.items()


def test_a_run_carries_its_data_its_config_and_its_parameters(lrstudy, folder):
    lrstudy(*SMALL, "lr=0.2")
    (run,) = runs_of(folder)
    client = client_of(folder)
    inputs = {entry.dataset.name: entry for entry in run.inputs.dataset_inputs}
    assert set(inputs) == {"fashion-mnist-train", "fashion-mnist-test"}
    for split, files in FASHION_MNIST.files.items():
        tags = {tag.key: tag.value for tag in inputs[f"fashion-mnist-{split}"].tags}
        assert {
            f"sha256 {name}": FASHION_MNIST.digests[name] for name in files
        }.items() <= tags.items()
    config = folder / "mlartifacts" / run.info.run_id / "artifacts" / "config"
    assert "lr: 0.2" in (config / "config.yaml").read_text()
    assert "lr=0.2" in (config / "overrides.yaml").read_text()
    assert "sweeper" in (config / "hydra.yaml").read_text()
    saved = np.load(client.download_artifacts(run.info.run_id, "parameters.npz", str(folder)))
    assert (saved["W"].shape, saved["b"].shape) == ((784, 10), (10,))
    mxnet.random.seed(2)  # the default: the parameters before the first update are its draw
    np.testing.assert_array_equal(saved["W0"], mxnet.nd.random.normal(shape=(784, 10)).asnumpy())
    np.testing.assert_array_equal(saved["b0"], mxnet.nd.random.normal(shape=(10,)).asnumpy())
    assert not np.array_equal(saved["W"], saved["W0"])
    history = client.get_metric_history(run.info.run_id, "test_acc")
    assert [metric.step for metric in history] == [0, 1, 2]


@pytest.mark.slow
def test_a_run_stays_below_1_2_gb(folder):
    code = (
        "import resource, sys; from runner.commands.lrstudy import main\n"
        "sys.argv = ['lrstudy', 'epochs=1']\n"
        "main(); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert int(answer.stdout.splitlines()[-1]) * 1024 < 1.2e9


def test_a_diverged_run_is_a_finished_run_with_finite_figures(lrstudy, folder):
    answer = lrstudy("lr=1", "seed=2", "epochs=3")
    assert answer.status == 0
    assert "Diverged (reciprocal_overflow). Update 2, in epoch 1: training image " in answer.out
    (run,) = runs_of(folder)
    assert run.info.status == "FINISHED"
    assert run.data.tags["outcome"] == "diverged"
    figures = run.data.metrics
    assert (figures["diverged"], figures["diverged_epoch"], figures["diverged_update"]) == (1, 1, 2)
    assert figures["best_test_acc"] == pytest.approx(0.1080, abs=1e-3)
    assert np.isfinite(figures["last_finite_batch_loss"])
    assert run.data.tags["divergence_cause"] == "reciprocal_overflow"
    artifacts = folder / "mlartifacts" / run.info.run_id / "artifacts" / "divergence"
    assert {path.name for path in artifacts.iterdir()} == {"post_mortem.json", "guilty_image.png"}
    history = client_of(folder).get_metric_history(run.info.run_id, "train_loss")
    assert [(metric.step, np.isnan(metric.value)) for metric in history] == [(1, True)]


def test_a_finished_configuration_is_shown_not_trained_again(lrstudy, folder):
    first = lrstudy(*SMALL)
    second = lrstudy(*SMALL)
    (run,) = runs_of(folder)
    assert second.out.splitlines()[:-1] == first.out.splitlines()[:-1]
    assert f"MLflow run {run.info.run_id}; skip_finished=false trains it again" in second.out
    lrstudy(*SMALL, "skip_finished=false")
    assert len(runs_of(folder)) == 2


def test_a_sweep_trains_every_combination_once_and_is_a_run_itself(lrstudy, folder):
    sweep = ("-m", "lr=0.1,1", "seed=range(1,3)", *SMALL)
    answer = lrstudy(*sweep)
    assert answer.status == 0
    assert re.match(r"Sweep \w{16}: 4 configurations, 4 to train, 0 finished before", answer.out)
    runs = runs_of(folder)
    assert {(run.data.params["lr"], run.data.params["seed"]) for run in runs} == {
        ("0.1", "1"), ("0.1", "2"), ("1.0", "1"), ("1.0", "2"),
    }  # fmt: skip
    assert {run.info.status for run in runs} == {"FINISHED"}
    (of_sweep,) = runs_of(folder, kind="sweep")
    assert {run.data.tags["sweep_id"] for run in runs} == {of_sweep.data.tags["sweep_id"]}
    artifacts = folder / "mlartifacts" / of_sweep.info.run_id / "artifacts"
    assert {path.name for path in artifacts.iterdir()} == {"plan.json", "first_training_images.png"}

    again = lrstudy(*sweep)
    assert "4 configurations, 0 to train, 4 finished before" in again.out
    lrstudy("-m", "lr=0.1,1", "seed=1,2", *SMALL, "skip_finished=false")
    assert len(runs_of(folder)) == 8
    assert len(runs_of(folder, kind="sweep")) == 1


def test_a_sweep_trains_only_what_is_missing(lrstudy, folder):
    lrstudy(*SMALL, "seed=1")
    answer = lrstudy("-m", "seed=1,2,2", *SMALL)
    assert "2 configurations, 1 to train, 1 finished before" in answer.out
    assert len(runs_of(folder)) == 2


def test_the_article_s_preset_runs_its_three_rows_as_under_python_2(lrstudy, folder):
    assert lrstudy("+experiment=article", "order_seed=1", *SMALL).status == 0
    params = [run.data.params for run in runs_of(folder)]
    assert {(one["lr"], one["seed"]) for one in params} == {
        (lr, seed) for lr in ("0.1", "1.0", "0.01") for seed in "21"
    }
    assert {(one["division"], one["draws"]) for one in params} == {("python2", "macos")}


@pytest.mark.slow
def test_the_smoke_preset_is_four_tiny_runs(lrstudy, folder):
    assert lrstudy("+experiment=smoke").status == 0
    assert len(runs_of(folder)) == 4


@pytest.mark.slow
def test_the_study_s_preset_crosses_seeds_with_orders_at_three_rates(lrstudy, folder):
    words = ("+experiment=learning_rate", "seed=1,2", "order_seed=1,2")  # the corner of its table
    assert "12 configurations" in lrstudy(*words, *SMALL).out
    params = [run.data.params for run in runs_of(folder)]
    assert {(one["lr"], one["seed"], one["order_seed"]) for one in params} == {
        (lr, seed, order) for lr in ("1.0", "0.1", "0.01") for seed in "12" for order in "12"
    }


def test_an_unknown_error_in_a_run_keeps_its_traceback_and_fails_the_run(folder, monkeypatch):
    from runner.commands import lrstudy as cli

    def broken(*arguments):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("runner.training.trainer.updates", broken)
    monkeypatch.setattr(sys, "argv", ["lrstudy", *SMALL])
    with pytest.raises(ZeroDivisionError, match="a defect"):
        cli.main()
    assert [run.info.status for run in runs_of(folder)] == ["FAILED"]


def test_an_infinite_loss_is_shown_as_such_when_it_is_shown_again(lrstudy):
    keys = ("data.train_limit=64", "batch_size=64", "data.test_limit=64", "epochs=1")
    keys += ("loss=log_pick", "init_sigma=3", "seed=1")
    first, second = lrstudy(*keys), lrstudy(*keys)
    assert "Epoch 1. Loss: inf," in first.out
    assert "Epoch 1. Loss: inf," in second.out
    assert "Outcome: diverged. Trained before" in second.out


def test_a_form_that_can_fall_silent_logs_how_many_examples_were(lrstudy, folder):
    lrstudy("-m", "loss=log_eps,log_softmax", *SMALL)
    logged = {run.data.params["loss"]: run.data.metrics for run in runs_of(folder)}
    assert logged["log_eps"]["train_silent"] >= 1
    assert "train_silent" not in logged["log_softmax"]
