"""Two commands at once that train the same: both say so, and each configuration counts once."""

import re

import pytest
from support.commands import TINY, client_of, runs_of, started, typed

import analysis
from runner.process import COMMANDER_TAG
from runner.runs import run as single
from runner.sweeps import sweep as module

SWEEP = ("-m", "seed=1,2", "loss=log_softmax", *TINY)
TWICE = (
    r"^(\d+) configurations? trained here (?:is|are) being trained by another command, "
    "too; of each the newest finished run counts$"
)


def twice(out):
    """How many configurations a command says it trained twice; None: it says nothing."""
    found = re.search(TWICE, out, re.MULTILINE)
    return found and int(found[1])


@pytest.mark.slow
def test_two_sweeps_at_once_both_say_what_they_train_twice(lrstudy, folder, monkeypatch):
    """The second is started when the first has made its plan, and ends before it trains."""
    launch_all, others = module._launch_all, []

    def after_another(*arguments):
        if not others:
            others.append(typed("-m", "seed=2,3", *SWEEP[2:]))
        return launch_all(*arguments)

    monkeypatch.setattr(module, "_launch_all", after_another)
    answer = lrstudy(*SWEEP)
    ((status, out, err),) = others
    assert (status, err, twice(out)) == (0, "", 1)
    assert (answer.status, answer.err, twice(answer.out)) == (0, "", 1)
    assert sorted(run.data.params["seed"] for run in runs_of(folder)) == ["1", "2", "2", "3"]
    runs, _ = analysis.load_runs()
    assert sorted(runs["seed"]) == [1, 2, 3]
    assert {run.info.status for run in runs_of(folder, kind="sweep")} == {"FINISHED"}
    assert twice(lrstudy(*SWEEP, "skip_finished=false").out) is None


def test_a_run_beside_one_of_another_command_says_so(lrstudy, folder, monkeypatch):
    train = single.train_and_print

    def beside_another(configuration, *arguments, **keywords):
        (ours,) = runs_of(folder, status="RUNNING")
        elsewhere = {**ours.data.tags, "host": "elsewhere", COMMANDER_TAG: "elsewhere 1 a/b/c"}
        client_of(folder).create_run(ours.info.experiment_id, tags=elsewhere)
        return train(configuration, *arguments, **keywords)

    monkeypatch.setattr(single, "train_and_print", beside_another)
    assert twice(lrstudy(*TINY).out) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("launcher", "epochs"), [("basic", 10), ("stacked", 60)])
def test_the_same_sweep_typed_twice_at_once_is_told_by_both(folder, launcher, epochs):
    """They train for as long as the later one takes to start, and longer."""
    seeds = ("-m", "seed=range(0,6)", "order_seed=1", f"epochs={epochs}", "loss=log_softmax")
    words = (*seeds, "data.test_limit=256", f"hydra/launcher={launcher}")
    with started(*words) as first, started(*words) as second:
        outs = [process.communicate(timeout=500)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outs
    assert all(twice(out) for out in outs), outs
    runs, _ = analysis.load_runs()
    assert len(runs) == 6
