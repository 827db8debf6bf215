"""`clip_gradient=NORM`: what is trained, logged, repeated and reported."""

import io
import re

import numpy as np
import pytest
from support import reference
from support.commands import client_of, runs_of
from support.typing_commands import SMALL

STACK = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=1")


def test_clipped_runs_are_numpy_s_and_named_stacked_repeated_and_reported(
    lrstudy, folder, lrstudy_report, small_splits
):
    words = ("-m", "clip_gradient=0.5,null,2", "loss=log_softmax", "lr=0.5", *STACK, *SMALL)
    trained = lrstudy(*words)
    assert trained.status == 0
    assert re.search(r"lr +. batch_size . clip_gradient . runs", trained.out)
    runs = {run.data.params.get("clip_gradient"): run for run in runs_of(folder)}
    assert set(runs) == {None, "0.5", "2.0"}
    widths = {limit: run.data.tags["stack_width"] for limit, run in runs.items()}
    assert widths == {None: "1", "0.5": "2", "2.0": "2"}
    assert runs["0.5"].info.run_name.endswith(" clip_gradient=0.5")

    path = client_of(folder).download_artifacts(runs["0.5"].info.run_id, "parameters.npz")
    with open(path, "rb") as file:
        parameters = dict(np.load(io.BytesIO(file.read())))
    train_split, test_split = small_splits
    for limit, run in runs.items():
        *_, last = reference.train(
            train_split,
            test_split,
            parameters["W0"],
            parameters["b0"],
            **{"step_size": 0.5 / 256, "batch_size": 256, "epochs": 2, "order_seed": 2},
            clip_gradient=limit and float(limit),
        )
        assert run.data.metrics["train_loss"] == pytest.approx(last["train_loss"], rel=1e-4)
        assert run.data.metrics["test_loss"] == pytest.approx(last["test_loss"], rel=1e-4)

    assert "\nIdentical: " in lrstudy(f"rerun={runs['2.0'].info.run_id}").out
    planned = lrstudy("-m", "clip_gradient=2", *words[2:], "dry_run=true").out
    assert "1 configuration, 0 to train" in planned
    assert lrstudy_report("--format", "md", "--output", "out").status == 0
    text = (folder / "out" / "report.md").read_text()
    assert "stable loss, gradient clipped at 0.5" in text
    assert lrstudy_report("--format", "csv", "--output", "out").status == 0
    assert (
        lrstudy_report("--from", "out", "--where", "clip_gradient=inf", "--output", "again").status
        == 0
    )
