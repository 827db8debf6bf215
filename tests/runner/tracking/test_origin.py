"""Where a run comes from: its user, and the commit of its program."""

import os
import shutil
import subprocess

import pytest

from runner.tracking import origin


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")
def test_a_commit_and_its_uncommitted_changes_are_tagged(folder, monkeypatch):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        return subprocess.run(
            ["git", *identity, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    (folder / "package").mkdir()
    monkeypatch.setattr(origin, "__file__", str(folder / "package" / "origin.py"))
    origin.environment_tags.cache_clear()
    assert "mlflow.source.git.commit" not in origin.environment_tags()
    git("init", "-q")
    (folder / "file").write_text("one")
    git("add", "file")
    git("commit", "-qm", "one")
    origin.environment_tags.cache_clear()
    tags = origin.environment_tags()
    assert (tags["mlflow.source.git.commit"], tags["dirty"]) == (git("rev-parse", "HEAD"), "false")
    (folder / "file").write_text("two")
    origin.environment_tags.cache_clear()
    assert origin.environment_tags()["dirty"] == "true"
    origin.environment_tags.cache_clear()


def test_a_user_without_a_name_can_log(monkeypatch):
    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    origin.environment_tags.cache_clear()
    assert origin.environment_tags()["mlflow.user"] == str(os.getuid())
    origin.environment_tags.cache_clear()
