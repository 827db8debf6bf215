"""The command `lrstudy-sync`: logs runs that were kept because their server went away."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner import __version__
from runner.process import (
    MASK,
    InputError,
    SweepError,
    command,
    masked,
    plural,
    say,
    show_log,
    shown,
    user_path,
)

if TYPE_CHECKING:
    from runner.tracking import Batch, KeptRun, RunLog

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
    parser.add_argument(
        "--uri",
        help="MLflow store to log to [the one each run was meant for, if MLFLOW_TRACKING_URI "
        "names it too or you confirm it]",
    )
    parser.add_argument("--version", action="version", version=f"lrstudy {__version__}")
    return parser


def sync(folders: Sequence[Path], uri: str | None) -> None:
    """Log the kept runs in and below the folders, to `uri` or their own stores; a line for each.

    A run that has been logged is no longer kept. If the experiment has finished its configuration
    in the meantime, the run is not logged a second time and stays kept. A damaged kept run is
    named and left as it is.

    Raises `InputError` for a folder or a store that is not there, and an address that nobody
    confirmed; `SweepError` at the end if some could not be logged.
    """
    from runner.tracking import (  # MLflow: slow to import
        KeptError,
        check_server,
        find_kept,
        read_kept,
    )

    for folder in folders:
        if not os.path.isdir(folder):
            raise InputError(f"FOLDER must be a folder, got {folder}; try: lrstudy-sync outputs")
    searched = [find_kept(folder) for folder in folders or OUTPUTS if folder.is_dir()]
    problems = [problem for _, found in searched for problem in found]
    paths = [path for kept, _ in searched for path in kept]
    runs: dict[Path, KeptRun] = {}
    for path in paths:
        try:
            runs[path] = read_kept(path)
        except KeptError as error:
            problems.append(f"{path} is not a kept run of lrstudy and is left as it is: {error}")
    for problem in problems:
        say(problem)
    stores = _stores({run.header.uri for run in runs.values()}, uri)
    for store in set(stores.values()):
        check_server(store)
    logged = failed = 0
    for path, run in runs.items():
        try:
            logged += _sync_one(path, run, stores[run.header.uri])
        except InputError:  # of the store, not of this run
            raise
        except Exception as error:
            failed += 1
            say(f"{path} could not be logged and is left as it is: {_first_line(error)}")
    say(f"{logged} of {len(paths)} kept {plural(len(paths), 'run')} logged")
    if problems or failed:
        raise SweepError("not all could be logged; the lines above say which and why")


def _stores(named: set[str], uri: str | None) -> dict[str, str]:
    """The address to log to for each that kept runs name.

    A kept folder may come from anywhere, and the address gets the user's name and password.
    """
    usual = os.environ.get("MLFLOW_TRACKING_URI", "")
    stores = {}
    for name in sorted(named):
        if uri is not None:
            stores[name] = uri
        elif name == masked(usual):
            stores[name] = usual
        elif MASK not in name and _confirmed(name):
            stores[name] = name
        else:
            raise InputError(
                f"a kept run names the store {name}, which must be confirmed; type its whole "
                f"address: {shlex.join(['lrstudy-sync', '--uri', name])}"
            )
    return stores


def _confirmed(address: str) -> bool:
    """Whether the user says at the terminal that it is the right address."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    print(f"Log to {shown(address)}? [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _sync_one(folder: Path, run: "KeptRun", uri: str) -> bool:
    """Log one kept run, unless its configuration is already finished; return whether it did."""
    from runner.tracking import ARTIFACTS, open_tracking, repair

    header = run.header
    tracking = open_tracking(uri, header.experiment)
    repair(tracking)  # ends the same run if the server still has it RUNNING
    config_hash = header.tags["config_hash"]
    finished = tracking.finished(config_hash).get(config_hash)
    if finished:
        run_id = finished.info.run_id
        say(f"{header.name}: finished meanwhile as MLflow run {run_id}; {folder} can be deleted")
        return False
    with tracking.run(header.name, header.tags) as run_log:
        for batch in run.batches:
            _log_batch(batch, run_log)
        for path in run.artifacts:
            below = path.parent.relative_to(folder / ARTIFACTS).as_posix()
            run_log.file(path, None if below == "." else below)
    shutil.rmtree(folder)
    say(f"{header.name}: MLflow run {run_log.run_id} in {tracking.uri}")
    return True


def _log_batch(batch: "Batch", run_log: "RunLog") -> None:
    """Log one batch of a kept run."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    if batch.datasets:
        inputs = [
            DatasetInput(Dataset(**one.values), [InputTag(*tag) for tag in one.tags.items()])
            for one in batch.datasets
        ]
        run_log.client.log_inputs(run_log.run_id, inputs)
        return
    run_log.log(params=batch.params, metrics=batch.metrics, tags=batch.tags)
