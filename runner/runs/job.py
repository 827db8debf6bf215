"""One Hydra job, in whichever process a launcher runs it: a single run, or one of a sweep."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from runner.configuration import Configuration
from runner.process import (
    COMMANDER_VARIABLE,
    DiskFullError,
    RunKeptError,
    console,
    follow_commander,
    is_worker,
    log,
    log_of_run,
    masked,
    path_for_commander,
)
from runner.runs.run import train_and_log

SWEEP_ID_VARIABLE = "LRSTUDY_SWEEP_ID"
"""Tells a job which sweep it belongs to; Hydra sets it in the process that runs the job."""

HYDRA_FILES = ("hydra.yaml", "overrides.yaml")

STOPPED = "stopped"
"""A file of this name in a sweep's folder means: start no further run (`fail_fast`, a full disk).

Its suffix identifies the command, so that it does not stop a later one in the same folder.
"""


@dataclass(frozen=True)
class Failure:
    """A failed run of a sweep: its error in one line, and the log that holds the traceback.

    `is_kept` means that it is trained and kept on disk for `lrstudy-sync` to log.

    A value rather than an exception, because any launcher can return it to the sweep.
    """

    reason: str
    log_file: str
    is_kept: bool = False


def run_job(cfg: DictConfig, configuration: Configuration) -> str | Failure | None:
    """Train the configuration of one job, which its keys choose; return the outcome.

    In a sweep an error stays with its run and becomes a `Failure`. None means that the run was
    not started: another one had failed and `fail_fast` is true, or the disk is full.

    Outside a sweep, raises what the run raises.
    """
    hydra_cfg = HydraConfig.get()
    config_files = {"config.yaml": OmegaConf.to_yaml(cfg, resolve=True)}
    if hydra_cfg.output_subdir is not None:  # Hydra has already written the other files
        folder = Path(hydra_cfg.runtime.output_dir) / hydra_cfg.output_subdir
        config_files |= {name: (folder / name).read_text() for name in HYDRA_FILES}
    config_files = {name: masked(text) for name, text in config_files.items()}
    sweep_id = os.environ.get(SWEEP_ID_VARIABLE)
    output = Path(hydra_cfg.runtime.output_dir)
    if not sweep_id:
        return train_and_log(cfg, configuration, None, config_files, output)
    if is_worker():
        follow_commander()
        console().quiet = True  # only the command prints, naming the run each time
    if is_stopped(hydra_cfg.sweep.dir):
        return None
    try:
        return train_and_log(cfg, configuration, sweep_id, config_files, output)
    except (Exception, SystemExit) as error:
        if cfg.fail_fast or isinstance(error, DiskFullError):
            _stop_file(hydra_cfg.sweep.dir).touch()
        failure = Failure(
            reason=(f"{type(error).__name__}: {error}".splitlines() or [""])[0],
            log_file=path_for_commander(str(output / f"{hydra_cfg.job.name}.log")),
            is_kept=isinstance(error, RunKeptError),
        )
        log_of_run.info(f"failed: {configuration.name}: {failure.reason} (see {failure.log_file})")
        log.debug("The traceback:", exc_info=True)
        return failure


def is_stopped(sweep_dir: str) -> bool:
    """Whether the sweep with this folder shall start no further run."""
    return _stop_file(sweep_dir).exists()


def _stop_file(sweep_dir: str) -> Path:
    commander = os.environ[COMMANDER_VARIABLE]
    return Path(sweep_dir) / f"{STOPPED}.{zlib.crc32(commander.encode()):08x}"
