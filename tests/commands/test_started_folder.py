"""Everything lands below the folder that a command was started in, or nothing anywhere."""

import os

import pytest
from support.commands import TINY, runs_of
from support.typing_commands import type_command

import analysis
from analysis.report import command as report
from runner.commands import lrstudy as train
from runner.commands import sync, ui
from runner.process import InputError

COMMANDS = [
    (train, "lrstudy", *TINY),
    (train, "lrstudy", "-m", "seed=1,2", *TINY),
    (train, "lrstudy", "dry_run=true"),
    (report, "lrstudy-report", "--format", "csv"),
    (sync, "lrstudy-sync"),
    (ui, "lrstudy-ui", "--experiment", "none"),
]
LANDED = {"mlartifacts", "mlflow.db", "multirun", "outputs", "report"}


@pytest.fixture
def within(folder, monkeypatch, capsys):
    """Make a folder of this name, change to it, and type all commands there, each to its answer."""

    def typed(name):
        place = folder / os.fsdecode(name)
        place.mkdir()
        monkeypatch.chdir(place)
        return place, [
            (program, type_command(module.main, capsys, program, *words))
            for module, program, *words in COMMANDS
        ]

    return typed


@pytest.mark.parametrize("name", [pytest.param("a:b", marks=pytest.mark.slow), "~ #&='é[{$"])
def test_all_commands_work_in_a_folder_with_an_odd_name(within, folder, name):
    place, answers = within(name)
    *others, (_, shown) = answers
    assert [answer.status for _, answer in others] == [0] * 5, [one.err for _, one in others]
    assert shown.err == (
        "lrstudy-ui: there is no experiment none; the store has: Default, lr-study\n"
    )
    assert len(analysis.load_runs()[0]) == len(runs_of(place)) == 2
    assert {path.name for path in place.iterdir() if path.suffix != ".lock"} >= LANDED
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a?b", "100%41", "${lr}", "a\nb", b"\xff"], ids=ascii)
def test_all_commands_refuse_with_the_same_line_a_folder_in_which_not_all_work(within, name):
    place, answers = within(name)
    lines = {answer.err.removeprefix(f"{program}: ") for program, answer in answers}
    (line,) = lines
    assert line.startswith(f"no command works in {str(place)!r}: a folder's path must be UTF-8 ")
    assert line.count("\n") == 1
    assert {answer.status for _, answer in answers} == {2}
    with pytest.raises(InputError) as refusal:
        analysis.load_runs()
    assert f"{refusal.value}\n" == line
    assert not list(place.iterdir())


def test_all_commands_say_that_their_folder_is_gone(folder, monkeypatch, capsys):
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder / "gone")
    (folder / "gone").rmdir()
    for module, program, *words in COMMANDS:
        answer = type_command(module.main, capsys, program, *words)
        assert answer.status == 2
        assert answer.err == (
            f"{program}: the folder that this command was started in is gone; start it in another\n"
        )


@pytest.mark.parametrize(
    "words",
    [
        ("seed=1",),
        ("-m", "seed=1,2"),
        ("-m", "seed=1,2", "order_seed=1", "hydra/launcher=stacked", "hydra.launcher.n_jobs=1"),
        pytest.param(("-m", "seed=1,2", "hydra/launcher=joblib"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_a_change_of_folder_by_hydra_moves_nothing(lrstudy, folder, monkeypatch, words):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    answer = lrstudy(*words, "hydra.job.chdir=true", *TINY)
    assert (answer.status, answer.err) == (0, "")
    assert [path.parent for path in folder.rglob("mlflow.db")] == [folder]
    assert [path.parent for path in folder.rglob("mlartifacts")] == [folder]
    assert {run.info.status for run in runs_of(folder)} == {"FINISHED"}
    assert os.getcwd() == str(folder)


def test_a_relative_address_means_the_same_file_for_all_commands(lrstudy, lrstudy_report, folder):
    """Also where a link leads elsewhere: `link/..` is not this folder then."""
    (folder / "elsewhere" / "below").mkdir(parents=True)
    (folder / "link").symlink_to(folder / "elsewhere" / "below")
    address = "sqlite:///link/../runs.db"
    assert lrstudy(f"tracking.uri={address}", *TINY).status == 0
    assert [path.parent.name for path in folder.rglob("runs.db")] == ["elsewhere"]
    assert [path.parent.name for path in folder.rglob("mlartifacts")] == ["elsewhere"]
    assert lrstudy_report("--uri", address, "--format", "csv").status == 0
    assert len(analysis.load_runs(uri=address)[0]) == 1


@pytest.mark.slow
def test_a_tilde_is_the_user_s_home_wherever_it_is_typed(
    lrstudy, lrstudy_report, folder, monkeypatch, capsys
):
    (folder / "home").mkdir()
    (folder / "here").mkdir()
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.chdir(folder / "here")
    assert lrstudy("tracking.uri='sqlite:///~/runs.db'", *TINY).status == 0
    options = ("--uri", "sqlite:///~/runs.db", "--format", "csv", "--output")
    assert lrstudy_report(*options, "~/report").status == 0
    assert lrstudy_report("--from", "~/report", "--output", "~/again").status == 0
    assert type_command(sync.main, capsys, "lrstudy-sync", "~/report").status == 0
    found = {path.name for path in (folder / "home").iterdir()}
    assert {"runs.db", "mlartifacts", "report", "again"} <= found
    assert {path.name for path in (folder / "here").iterdir()} == {"outputs"}
    unknown = lrstudy_report("--output", "~nobody.here/report")
    assert (unknown.status, unknown.err.count("\n")) == (2, 1)
    assert "begins with a user who has no home folder here" in unknown.err
