"""What users say of a store: its address and the experiment in it, and what these mean here."""

import os
from pathlib import Path

from runner.process.errors import InputError
from runner.process.start import user_path, working_folder

LONGEST_SUFFIX = ".init-journal"
"""The longest ending of the names of the files that are made beside a new store."""


def store_address(uri: str | None) -> str:
    """The MLflow store to read: `uri`, else `MLFLOW_TRACKING_URI`, else `mlflow.db` here.

    An SQLite file's path is made absolute. MLflow caches open stores by address, so a relative
    one would still mean the old file after a change of folder.
    """
    address = uri or os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    path = sqlite_file(address)
    return address if path is None else f"sqlite:///{path}"


def experiment_name(name: str | None) -> str:
    """The experiment to read: `name`, else `MLFLOW_EXPERIMENT_NAME`, else `lr-study`."""
    return name or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "lr-study"


def sqlite_file(uri: str) -> Path | None:
    """The absolute path that `sqlite:///FILE` names; None for any other address.

    A relative path starts in the current folder, `~` is the user's home folder.

    Raises `InputError` for a current folder in which not all commands work, and for a path that
    cannot be that of a file.
    """
    start, _, name = uri.partition(":///")
    if start != "sqlite" or not name or name.endswith("/") or set("?%") & set(name):
        return None
    if name.startswith((":memory:", "file:")):  # SQLite's own, not the name of a file
        return None
    path = working_folder() / user_path(name)
    if ".." in path.parts:  # where a link leads elsewhere, the file's neighbours would not be there
        path = path.parent.resolve() / path.name
    try:
        path.with_name(path.name + LONGEST_SUFFIX).lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise InputError(
            f"tracking.uri: {path} cannot be a store's file ({error.strerror}); choose another"
        ) from error
    return path
