"""The command `lrstudy-sync`: logs runs that were kept because their server went away."""

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import __version__
from runner.process import InputError, command, masked, plural, show_log, user_path
from runner.tracking import ARTIFACTS, find_kept, read_kept

if TYPE_CHECKING:
    from runner.tracking import RunLog

OUTPUTS = (Path("outputs"), Path("multirun"))
"""Where `lrstudy` writes the output folders of its runs."""


def main() -> None:
    """Log the kept runs; bad input ends with one line and status 2."""
    with command("lrstudy-sync", "runs not yet logged are still kept"):
        options = _parser().parse_args()
        show_log()
        sync([user_path(folder) for folder in options.folders], options.uri)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lrstudy-sync",
        description="Log the runs that were kept because their MLflow server went away.",
        epilog="Example: lrstudy-sync multirun --uri http://127.0.0.1:5001",
    )
    parser.add_argument(
        "folders",
        metavar="FOLDER",
        type=Path,
        nargs="*",
        help="search these and their subfolders [outputs and multirun in this folder]",
    )
    parser.add_argument("--uri", help="MLflow store to log to [the one each run was meant for]")
    parser.add_argument("--version", action="version", version=f"lrstudy {__version__}")
    return parser


def sync(folders: list[Path], uri: str | None) -> None:
    """Log the kept runs in and below the folders, to `uri` or their own stores; a line for each.

    A run that has been logged is no longer kept. If the experiment has finished its configuration
    in the meantime, the run is not logged a second time and stays kept.

    Raises `InputError` for a folder or a store that is not there.
    """
    for folder in folders:
        if not os.path.isdir(folder):
            raise InputError(f"FOLDER must be a folder, got {folder}; try: lrstudy-sync outputs")
    kept = [path for folder in folders or OUTPUTS for path in find_kept(folder)]
    logged = sum(_sync_one(path, uri) for path in kept)
    print(f"{logged} of {len(kept)} kept {plural(len(kept), 'run')} logged")


def _sync_one(folder: Path, uri: str | None) -> bool:
    """Log one kept run, unless its configuration is already finished; return whether it did."""
    from runner.tracking import (
        open_tracking,
        repair,  # MLflow: slow to import
    )

    header, entries = read_kept(folder)
    tracking = open_tracking(uri or header.uri, header.experiment)
    repair(tracking)  # ends the same run if the server still has it RUNNING
    config_hash = header.tags["config_hash"]
    finished = tracking.finished(config_hash).get(config_hash)
    if finished:
        run_id = finished.info.run_id
        print(f"{header.name}: finished meanwhile as MLflow run {run_id}; {folder} can be deleted")
        return False
    with tracking.run(header.name, header.tags) as run_log:
        for entry in entries:
            _log_entry(entry, run_log)
        for path in sorted((folder / ARTIFACTS).rglob("*")):
            if path.is_file():
                below = path.parent.relative_to(folder / ARTIFACTS).as_posix()
                run_log.file(path, None if below == "." else below)
    shutil.rmtree(folder)
    print(f"{header.name}: MLflow run {run_log.run_id} in {masked(tracking.uri)}")
    return True


def _log_entry(entry: dict[str, Any], run_log: "RunLog") -> None:
    """Log one batch of a kept run."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    if "datasets" in entry:
        inputs = [
            DatasetInput(Dataset(**one["dataset"]), [InputTag(*tag) for tag in one["tags"].items()])
            for one in entry["datasets"]
        ]
        run_log.client.log_inputs(run_log.run_id, inputs)
        return
    metrics = {int(epoch): values for epoch, values in entry["metrics"].items()}
    run_log.log(params=entry["params"], metrics=metrics, tags=entry["tags"])
