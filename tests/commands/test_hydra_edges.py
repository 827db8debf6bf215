"""What Hydra alone would answer with a traceback, or with a line that does not say what to type."""

import argparse
import re
import shlex

import pytest
from support.commands import TINY, runs_of

import analysis
from runner.process import prepare

LONG = "a" * 600
QUOTED = r"the value of .* must be in quotation marks; type: "
TOO_MANY = "a sweep must have at most 300000 configurations, got more; give"
EDGES = [
    (["--cfg", "job", "-m"], r"Only one of --run, --multirun, --cfg, .*; type for example: "),
    (["--resolve"], r"The --resolve flag can only be used .*; type for example: "),
    (["lr"], "lr must be KEY=VALUE; lrstudy --help lists the keys$"),
    (["lr=0.1,"], "lr must be a finite number above 0, got 0.1,$"),
    (["seed=range(1"], r"seed must be a whole number .*, got range\(1$"),
    (
        ["-m", "seed=range(1,3),7"],
        r"the values of seed=range\(1,3\),7 must be a list or one range, ",
    ),
    (
        ["-m", "lr=interval(0.1,1)"],
        r"the values of lr=interval\(0.1,1\) must be a list or one range",
    ),
    (["-m", "seed=range(1,2000000000)"], f"{TOO_MANY} seed fewer values$"),
    (["-m", "lr=shuffle(range(0.1,1,1e-40))"], f"{TOO_MANY} lr fewer values$"),
    (["-m", "seed=range(1,1001)", "order_seed=range(1,1001)"], f"{TOO_MANY} order_seed fewer"),
    (
        ["-m", "seed=1,2", "hydra/launcher=joblib", "hydra.launcher.n_jobs=abc"],
        "Error merging override hydra.launcher.n_jobs=abc: Value 'abc' .* converted to Integer",
    ),
    *(
        (
            ["-m", "seed=1,2", f"hydra/launcher={name}", "hydra.launcher.n_jobs=0"],
            "hydra.launcher.n_jobs must be a number of processes, or -1 for one per core, got 0",
        )
        for name in ("joblib", "stacked")
    ),
    (["tracking=5"], "Error merging override tracking=5: "),
    (["é=1"], "é is not a key; the keys are lr, "),
    (["tracking.experiment=é"], QUOTED + "'tracking.experiment=\"é\"'$"),
    (["tracking.experiment=it's (2)"], QUOTED),
    (["tracking.experiment=a\"'é"], QUOTED),
    (["-m", "data.root=/tmp/é"], QUOTED + "'data.root=\"/tmp/é\"'$"),
    (["data.root=~/data"], QUOTED + "'data.root=\"~/data\"'$"),
    (["hydra.run.dir=é"], QUOTED + "'hydra.run.dir=\"é\"'$"),
    (["data.root='~nobody.here/data'"], "~nobody.here/data begins with a user who has no home"),
    (["data.root=/none", "dry_run=true"], "/none is not a folder: data.root must be one that "),
    (["data.root='~/none'", "dry_run=true"], "/.*/none is not a folder: data.root must be one "),
    ([f"tracking.experiment={LONG}"], "tracking.experiment must be .* at most 500 characters, got"),
    (
        [f"tracking.uri=sqlite:///{LONG}"],
        r"tracking.uri: .* \(File name too long\); choose another$",
    ),
    ([f"data.root={LONG}"], "a+ is not a folder: data.root must be "),
    ([f"data={LONG}"], "In 'config': Could not find 'data/a+' Available options"),
    ([f"+experiment={LONG}"], "In 'config': Could not find 'experiment/a+' Available options"),
    ([f"hydra/launcher={LONG}"], "In 'hydra/config': Could not find 'hydra/launcher/a+'"),
    ([f"loss={LONG}"], "loss must be one of pick_log, "),
    ([f"{LONG}=1"], "a+ is not a key; the keys are lr, "),
    ([f"~{LONG}"], "a+ is not a key; the keys are lr, "),
    (["hydra.run.dir=/proc/x"], "/proc/x cannot be written: No such file or directory; start in "),
    (["hydra.job.name=none/a"], ".*/none/a.log cannot be written: No such file or directory; "),
    ([f"hydra.run.dir={LONG}"], ".*/a+ cannot be written: File name too long; choose a shorter"),
    (
        [f"lr={'9' * 600}"],
        "lr must be a finite number above 0, got more digits than a number can have",
    ),
    (["tracking.experiment=\udcff"], r"'tracking.experiment=\\udcff' is not UTF-8; "),
]


@pytest.mark.parametrize(
    ("words", "line"), EDGES, ids=[ascii(" ".join(words))[:40] for words, _ in EDGES]
)
def test_a_word_that_hydra_stumbles_over_gives_one_line(lrstudy, folder, words, line):
    answer = lrstudy(*words)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert re.match(f"lrstudy: {line}", answer.err.rstrip("\n")), answer.err
    assert not (folder / "mlflow.db").exists()


def test_the_line_says_what_to_type(lrstudy, folder):
    """The word that it gives is one that the command takes."""
    answer = lrstudy("tracking.experiment=a\"'é", *TINY)
    quoted = answer.err.rpartition("type: ")[2].strip()
    (word,) = shlex.split(quoted)
    assert lrstudy(word, *TINY).status == 0
    assert len(runs_of(folder, experiment="a\"'é")) == 1


def test_what_hydra_is_asked_to_tell_does_not_change_what_is_trained(lrstudy, folder):
    assert lrstudy("hydra.verbose=true", *TINY).status == 0
    assert len(runs_of(folder)) == 1
    answer = lrstudy("hydra.verbose=true", "data.root=/none")
    assert (answer.status, answer.err.count("\n")) == (2, 1)


def test_hydra_s_options_do_without_argparse_s_check_of_their_help(lrstudy, monkeypatch):
    """Python 3.14 reads an option's help when it is added; Hydra gives one that is no text."""
    add_argument = argparse.ArgumentParser.add_argument

    def check_help(parser, action):
        return "%" in (action.help or "")

    def add_and_check(parser, *words, **settings):
        action = add_argument(parser, *words, **settings)
        parser._check_help(action)
        return action

    monkeypatch.setattr(argparse.ArgumentParser, "_check_help", check_help, raising=False)
    monkeypatch.setattr(argparse.ArgumentParser, "add_argument", add_and_check)
    assert lrstudy("--help").status == 0
    with pytest.raises(TypeError):
        argparse.ArgumentParser().add_argument("--other", help=object())


@pytest.mark.parametrize("name", ["wanted", pytest.param("", marks=pytest.mark.slow)])
def test_the_experiment_may_come_from_mlflow_s_own_variable(
    lrstudy, lrstudy_report, folder, monkeypatch, name
):
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", name)
    prepare()  # as a new process would: set but empty is not set
    assert lrstudy(*TINY).status == 0
    assert len(runs_of(folder, experiment=name or "lr-study")) == 1
    runs, _ = analysis.load_runs()
    assert set(runs["experiment"]) == {name or "lr-study"}
    given = lrstudy_report("--experiment", "other")
    assert "there is no experiment other" in given.err
    assert lrstudy("tracking.experiment=other", *TINY).status == 0
    assert len(runs_of(folder, experiment="other")) == 1
    assert lrstudy_report("--format", "csv").status == 0


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("lrstudy init", "init_sigma="),
        ("lrstudy +experiment=ba", "+experiment=batch_size"),
        ("lrstudy hydra/launcher=st", "hydra/launcher=stacked"),
    ],
)
def test_the_shell_completes_keys_presets_and_launchers(lrstudy, monkeypatch, typed, offered):
    """A shell asks in the way that `lrstudy -sc install=bash` tells it."""
    assert "lrstudy" in lrstudy("-sc", "install=bash").out
    monkeypatch.setenv("COMP_LINE", typed)
    monkeypatch.setenv("COMP_POINT", str(len(typed)))
    answer = lrstudy("-sc", "query=bash")
    assert (answer.status, answer.err) == (0, "")
    word = typed.split()[-1]
    assert [one for one in answer.out.split() if one.startswith(word)] == [offered]


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("outputs", TINY),
        ("multirun", ("-m", "seed=1,2", *TINY)),
        ("mlartifacts", TINY),
        ("mlartifacts", ("-m", "seed=1,2", *TINY)),
    ],
    ids=lambda one: one if isinstance(one, str) else one[0],
)
def test_a_file_where_a_folder_must_be_made_is_told_and_left(lrstudy, folder, taken, words):
    (folder / taken).write_text("somebody's")
    answer = lrstudy(*words)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert re.match(rf"lrstudy: {folder}/{taken}.* cannot be written: ", answer.err), answer.err
    assert (folder / taken).read_text() == "somebody's"
    assert not {"FINISHED", "RUNNING"} & {run.info.status for run in runs_of(folder)}
