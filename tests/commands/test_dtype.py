"""`dtype=float64`: what is trained, logged, repeated and reported beside float32."""

import io

import numpy as np
import pytest
from mlflow.pyfunc import load_model
from support import reference
from support.commands import client_of, runs_of
from support.typing_commands import SMALL

STACK = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=1")
PRECISION = {None: 1e-4, "float64": 1e-9}


def parameters(folder, run):
    path = client_of(folder).download_artifacts(run.info.run_id, "parameters.npz", str(folder))
    with open(path, "rb") as file:
        return dict(np.load(io.BytesIO(file.read())))


def test_a_sweep_of_both_dtypes_has_numpy_s_figures_and_is_named_repeated_and_reported(
    lrstudy, folder, lrstudy_report, small_splits
):
    words = ("-m", "dtype=float32,float64", "lr=0.1,0.2", "loss=log_softmax", *STACK, *SMALL)
    trained = lrstudy(*words)
    assert trained.status == 0
    assert "│ float64" in trained.out
    runs = {(run.data.params.get("dtype"), float(run.data.params["lr"])): run
            for run in runs_of(folder)}  # fmt: skip
    assert set(runs) == {(dtype, lr) for dtype in (None, "float64") for lr in (0.1, 0.2)}
    assert all(run.data.tags["stack_width"] == "2" for run in runs.values())
    assert runs["float64", 0.1].info.run_name.endswith(" dtype=float64")

    stored = {key: parameters(folder, run) for key, run in runs.items()}
    drawn = stored[None, 0.1]
    train_split, test_split = small_splits
    for (dtype, lr), run in runs.items():
        for name, array in stored[dtype, lr].items():
            assert array.dtype == (dtype or "float32")
            if name.endswith("0"):
                np.testing.assert_array_equal(array, drawn[name])
        *_, last = reference.train(
            train_split,
            test_split,
            drawn["W0"],
            drawn["b0"],
            **{"step_size": lr / 256, "batch_size": 256, "epochs": 2, "order_seed": 2},
        )
        for name in ("train_loss", "test_loss"):
            assert run.data.metrics[name] == pytest.approx(last[name], rel=PRECISION[dtype])

    best = runs["float64", 0.2]
    assert "\nIdentical: " in lrstudy(f"rerun={best.info.run_id}").out
    assert "1 configuration, 0 to train" in lrstudy(
        "-m", "dtype=float64", "lr=0.2", *words[3:], "dry_run=true"
    ).out  # fmt: skip
    assert lrstudy_report("--format", "md", "--output", "out").status == 0
    assert "stable loss, in float64" in (folder / "out" / "report.md").read_text()
    assert lrstudy_report("--format", "csv", "--output", "out").status == 0
    where = ("--where", "dtype=float32", "--output", "again")
    assert lrstudy_report("--from", "out", *where).status == 0


def test_a_run_in_float64_outlives_float32_and_its_model_predicts(lrstudy, folder, small_splits):
    words = ("-m", "lr=1", "seed=1", *SMALL)
    assert lrstudy(*words, "dtype=float32").status == 0
    assert lrstudy(*words, "dtype=float64").status == 0
    outcomes = {run.data.params.get("dtype"): run.data.tags["outcome"] for run in runs_of(folder)}
    assert outcomes == {None: "diverged", "float64": "trained"}
    (run,) = (run for run in runs_of(folder) if run.data.params.get("dtype"))
    (model,) = run.outputs.model_outputs
    images = small_splits[1].images
    found = load_model(
        client_of(folder).get_logged_model(model.model_id).artifact_location
    ).predict(images)
    final = parameters(folder, run)
    p = reference.probabilities(images.reshape(-1, 784).astype(float), final["W"], final["b"])
    np.testing.assert_allclose(found["probability"], p.max(axis=1), rtol=1e-12)
