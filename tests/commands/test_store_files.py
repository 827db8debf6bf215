"""What stands where the store should be: of another program or version, damaged, or not writable.

Each command says so in one line and leaves the file as it is.
"""

import contextlib
import re
import shutil
import signal
import sqlite3

import mlflow
import pytest
from support.commands import TINY, runs_of
from support.kept_runs import keep
from support.stores import (
    FOREIGN,
    OLD_REVISION,
    content_of,
    copy_store,
    files_of,
    lose_log,
    make_new_store,
    make_old_store,
    run_sql,
    scramble,
    scramble_start,
    truncate,
)
from support.typing_commands import SMALL, Typed, type_command

import analysis
from analysis.report import command as report
from runner.commands import lrstudy as cli
from runner.commands import sync, ui
from runner.process import InputError

READING = {
    "dry run": (cli.main, "lrstudy", *TINY, "dry_run=true"),
    "dry run of a sweep": (cli.main, "lrstudy", "-m", "seed=1,2", *TINY, "dry_run=true"),
    "rerun": (cli.main, "lrstudy", "rerun=0123"),
    "report": (report.main, "lrstudy-report", "--output", "elsewhere"),
    "ui": (ui.main, "lrstudy-ui"),
}
WRITING = {
    "run": (cli.main, "lrstudy", *TINY),
    "sweep": (cli.main, "lrstudy", "-m", "seed=1,2", *TINY),
    "sync": (sync.main, "lrstudy-sync", ".", "--uri", "sqlite:///mlflow.db"),
}


@pytest.fixture
def type_all(folder, capsys, monkeypatch):
    """Type each of these commands in the folder, the last with a kept run; the answers by name.

    Where `mlflow.db` or what is beside it changed, the test fails.
    """
    monkeypatch.setattr(sync, "show_log", lambda: None)  # once a process
    keep(folder, "kept run")
    before = signal.getsignal(signal.SIGTERM)

    def load_runs():
        try:
            analysis.load_runs()
        except InputError as error:
            return Typed(2, "", f"load_runs: {error}\n")
        return Typed(0, "", "")

    def type_them(commands):
        files = files_of(folder / "mlflow.db")
        for name, (main, *words) in commands.items():
            answer = type_command(main, capsys, *words)
            assert files_of(folder / "mlflow.db") == files, name
            yield name, answer
        if commands is not WRITING:
            yield "load_runs", load_runs()
            assert files_of(folder / "mlflow.db") == files

    yield type_them
    signal.signal(signal.SIGTERM, before)


def assert_refused(answers, line):
    for name, answer in answers:
        assert answer.status == 2, (name, answer.out, answer.err)
        assert re.fullmatch(f"[a-z_-]+: .*{line}.*\n", answer.err), (name, answer.err)
        assert "Traceback" not in answer.out, name


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(type_all, folder, kind):
    run_sql(folder / "mlflow.db", FOREIGN[kind])
    commands = {**READING, **WRITING} if kind == "without tables" else {
        name: {**READING, **WRITING}[name] for name in ("dry run", "run", "report")
    }  # fmt: skip
    assert_refused(
        type_all(commands),
        r"mlflow\.db is an SQLite database, but not an MLflow store; choose another file",
    )
    assert {path.name for path in folder.iterdir()} <= {"mlflow.db", "kept", "outputs"}


def test_what_another_program_has_not_merged_yet_is_left_to_it(type_all, folder):
    """Opened for writing, SQLite would merge the write-ahead log that a killed process left."""
    path = folder / "mlflow.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE songs (title TEXT)")
        copies = {one: one.read_bytes() for one in folder.glob("mlflow.db*")}
    for one, content in copies.items():
        one.write_bytes(content)
    assert (folder / "mlflow.db-wal").stat().st_size
    database = path.read_bytes()
    for _, answer in type_all({"run": WRITING["run"], "report": READING["report"]}):
        assert (answer.status, "not an MLflow store" in answer.err) == (2, True)
    assert path.read_bytes() == database


@pytest.mark.parametrize("damage", [truncate, scramble, scramble_start, lose_log])
def test_a_damaged_store_is_told_with_what_can_be_done(type_all, folder, study, damage):
    damage(study / "mlflow.db", folder / "mlflow.db")
    line = r"mlflow\.db is damaged \(.+\); .*a copy.*sqlite3 .* \.recover .*--from report"
    if damage is scramble_start:
        line = r"mlflow\.db is not an SQLite database; .*a copy.*--from report"
    assert_refused(type_all({**READING, **WRITING}), line)


def test_a_store_of_a_newer_mlflow_is_refused(type_all, folder, study):
    make_new_store(study / "mlflow.db", folder / "mlflow.db")
    assert_refused(
        type_all({**READING, **WRITING}),
        rf"mlflow\.db was made by a newer MLflow than the installed {mlflow.__version__} "
        r"\(schema fedcba987654\); .*pip install",
    )


@pytest.fixture(scope="session")
def old_store(tmp_path_factory):
    path = tmp_path_factory.mktemp("old") / "mlflow.db"
    make_old_store(path)
    return path


def test_commands_that_read_a_store_of_an_older_mlflow_say_what_to_run(type_all, folder, old_store):
    shutil.copy(old_store, folder / "mlflow.db")
    assert_refused(
        type_all({**READING, "sync": WRITING["sync"]}),
        rf"mlflow\.db was made by an older MLflow \(schema {OLD_REVISION}\); .*"
        rf"lrstudy.* mlflow db upgrade sqlite:///{folder}/mlflow\.db",
    )


def test_a_command_that_trains_migrates_a_store_of_an_older_mlflow_and_keeps_a_copy(
    lrstudy, folder, old_store
):
    shutil.copy(old_store, folder / "mlflow.db")
    answer = lrstudy(*TINY)
    assert (answer.status, answer.err) == (0, "")
    copy = f"mlflow.db.before-migration-{OLD_REVISION}"
    assert re.search(
        rf"^.*mlflow\.db was made by an older MLflow \(schema {OLD_REVISION}\) and is migrated to "
        rf"the schema of MLflow {mlflow.__version__}; a copy is kept: .*/{copy}$",
        answer.out,
        re.MULTILINE,
    )
    assert content_of(folder / copy) == content_of(old_store)
    assert len(runs_of(folder, status="FINISHED")) == 1
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as store:
        old = "SELECT name, status FROM runs WHERE experiment_id = 1"
        assert store.execute(old).fetchall() == [("old", "FINISHED")]
    again = lrstudy(*TINY)
    assert (again.status, "migrated" in again.out) == (0, False)


def test_what_a_killed_process_left_half_written_in_a_store_is_undone(lrstudy, folder, study):
    """An MLflow server keeps a rollback journal, which SQLite plays back when it opens the file."""
    path, journal = folder / "mlflow.db", folder / "mlflow.db-journal"
    copy_store(study / "mlflow.db", path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode = DELETE")
        before = path.read_bytes()
        store.executescript("PRAGMA cache_size = 1; BEGIN")
        for table in ("tags", "params", "metrics"):
            store.execute(f"UPDATE {table} SET key = 'half' || key")
        copies = {one: one.read_bytes() for one in (path, journal)}
    for one, content in copies.items():
        one.write_bytes(content)
    assert path.read_bytes() != before
    answer = lrstudy("-m", "lr=1,0.1", "seed=1,2", *SMALL, "dry_run=true")
    assert (answer.status, "4 configurations, 0 to train" in answer.out) == (0, True)
    assert not journal.exists()
