"""`draws=macos`: training from the parameters that MXNet drew on a Mac, where the article ran."""

import json
from pathlib import Path

import numpy as np
import pytest
from support import reference
from support.commands import client_of, runs_of
from support.typing_commands import SMALL

from runner.draws import MACOS, initial_parameters

STACK = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=1")


def artifact(folder, run, path):
    return Path(client_of(folder).download_artifacts(run.info.run_id, path, str(folder)))


def test_a_stack_may_hold_both_draws_and_each_run_is_trained_logged_named_and_repeated_alone(
    lrstudy, folder, small_splits
):
    words = ("-m", "draws=mxnet,macos", "lr=0.1", "loss=log_softmax", *STACK, *SMALL)
    planned = lrstudy(*words, "dry_run=true").out
    assert (planned.count(" draws=macos "), planned.count(" new ")) == (1, 2)
    assert lrstudy(*words).status == 0
    runs = {run.data.params.get("draws"): run for run in runs_of(folder)}
    assert set(runs) == {None, "macos"}
    ours = runs["macos"]
    assert ours.data.tags["stack_width"] == "2"
    assert ours.info.run_name.endswith(" draws=macos")
    W, b = initial_parameters(MACOS, 2, 1.0)
    with np.load(artifact(folder, ours, "parameters.npz")) as arrays:
        np.testing.assert_array_equal(arrays["W0"], W)
        np.testing.assert_array_equal(arrays["b0"], b)
    *_, last = reference.train(
        *small_splits, W, b, step_size=0.1 / 256, batch_size=256, epochs=2, order_seed=2
    )
    for name, value in last.items():
        assert ours.data.metrics[name] == pytest.approx(value, rel=1e-4), name

    again = lrstudy(f"rerun={ours.info.run_id}")
    assert again.out.startswith(ours.info.run_name)
    assert "\nIdentical: " in again.out


def test_seed_1_dies_at_its_first_update_as_the_article_says(lrstudy, folder, small_splits):
    answer = lrstudy("draws=macos", "seed=1", *SMALL)
    assert "\nEpoch 1. Loss: nan" in answer.out
    (run,) = runs_of(folder)
    assert run.data.metrics["diverged_update"] == 1
    found = json.loads(artifact(folder, run, "divergence/post_mortem.json").read_text())
    assert run.data.tags["divergence_example"] == str(found["example"])
    image = small_splits[0].images.reshape(-1, 784)[[found["example"]]]
    assert reference.doomed(image.astype(float), *initial_parameters(MACOS, 1, 1.0))
