"""Runs of other programs in the experiment are ignored, whatever their tags."""

import itertools

import pytest
from support.commands import TINY, client_of, runs_of
from support.typing_commands import type_command

import analysis
from analysis.report import command as report
from runner.process.processes import this_process


@pytest.mark.slow
def test_runs_of_other_programs_are_ignored_whatever_their_tags(lrstudy, folder, capsys):
    sweep = ("-m", "seed=1,2", "loss=log_softmax", *TINY)
    assert lrstudy(*sweep).status == 0
    (own, _), (own_sweep,) = runs_of(folder), runs_of(folder, kind="sweep")
    same = {name: own.data.tags[name] for name in ("config_hash", "sweep_id")}
    gone = {"host": this_process().host, "pid": "1", "process_start": "a/b/c"}
    client = client_of(folder)
    theirs = {}
    kinds = (
        ("FINISHED", {"kind": "run"}),
        ("FINISHED", {"kind": "run", **same}),
        ("FINISHED", {"kind": "run", "config_hash": "", "outcome": "=1", "stack_width": "-3"}),
        ("FAILED", {"kind": "run", **same, "outcome": "trained"}),
        ("RUNNING", {"kind": "run", **same, **gone}),
        ("RUNNING", {"kind": "run", "host": "", "pid": "abc", "process_start": "//"}),
        ("FINISHED", {"kind": "sweep"}),
        ("RUNNING", {"kind": "sweep", "sweep_id": same["sweep_id"], **gone}),
    )
    sources = ({}, {"mlflow.source.name": "their.py"})
    for (status, tags), source in itertools.product(kinds, sources):
        run = client.create_run(own.info.experiment_id, tags={**tags, **source})
        if status != "RUNNING":
            client.set_terminated(run.info.run_id, status)
        theirs[run.info.run_id] = (status, run.data.tags)

    answer = lrstudy(*sweep)
    assert (answer.status, answer.err) == (0, "")
    assert "2 configurations, 0 to train, 2 finished before" in answer.out
    assert "│ 0.1 │ 256        │    2 │        0 │" in answer.out
    assert "1 configuration, 0 to train" in lrstudy("seed=1", *sweep[2:], "dry_run=true").out
    answer = lrstudy("-m", "seed=2,3", *sweep[2:])
    assert (answer.status, answer.err) == (0, "")
    assert "2 runs" not in answer.out
    answer = type_command(report.main, capsys, "lrstudy-report")
    assert (answer.status, answer.err) == (0, "")
    runs, _ = analysis.load_runs()
    assert sorted(runs["seed"]) == [1, 2, 3]
    for run_id, (status, tags) in theirs.items():
        run = client.get_run(run_id)
        assert (run.info.status, run.data.tags) == (status, tags)
    for run_id in list(theirs)[:2]:
        refused = lrstudy(f"rerun={run_id}")
        assert (refused.status, refused.err.count("\n")) == (2, 1), refused.err
    assert client.get_run(own_sweep.info.run_id).info.status == "FINISHED"
