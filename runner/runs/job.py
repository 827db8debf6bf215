"""One job of Hydra's, in whichever process a launcher runs it: alone, or as a run of a sweep."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from runner.keys import configuration_of
from runner.process import (
    COMMANDER_VARIABLE,
    DiskFullError,
    RunKeptError,
    console,
    follow_commander,
    is_worker,
    log,
    masked,
    path_for_commander,
)
from runner.runs.run import train_and_log

SWEEP_ID_VARIABLE = "LRSTUDY_SWEEP_ID"
"""How a job knows the sweep it belongs to; Hydra sets it in whatever process runs the job."""

HYDRA_FILES = ("hydra.yaml", "overrides.yaml")

STOPPED = "stopped"
"""The file in a sweep's folder that says: start no other run (`fail_fast`, a full disk).

Its ending stands for the command, so that it does not stop a later one in the same folder.
"""


@dataclass(frozen=True)
class Failure:
    """A run of a sweep that raised: its error in one line, and the log that holds the traceback.

    `is_kept`: it is trained and kept, to be logged by `lrstudy-sync`.

    A value rather than an exception, because any launcher can carry it back to the sweep.
    """

    reason: str
    log_file: str
    is_kept: bool = False


def run_job(cfg: DictConfig) -> str | Failure | None:
    """Train what one job's keys ask for; the outcome.

    In a sweep an error stays with its run: it becomes a `Failure`. None is a run that was not
    started, because another one had failed and `fail_fast` is true or the disk is full.

    Raises what a run raises where it is no part of a sweep.
    """
    hydra_cfg = HydraConfig.get()
    config_files = {"config.yaml": OmegaConf.to_yaml(cfg, resolve=True)}
    if hydra_cfg.output_subdir is not None:  # Hydra has written the others already
        folder = Path(hydra_cfg.runtime.output_dir) / hydra_cfg.output_subdir
        config_files |= {name: (folder / name).read_text() for name in HYDRA_FILES}
    config_files = {name: masked(text) for name, text in config_files.items()}
    sweep_id = os.environ.get(SWEEP_ID_VARIABLE)
    output = Path(hydra_cfg.runtime.output_dir)
    if not sweep_id:
        return train_and_log(cfg, None, config_files, output)
    if is_worker():
        follow_commander()
        console().quiet = True  # what the command itself prints says which run it is about
    commander = os.environ[COMMANDER_VARIABLE]
    stopped = Path(hydra_cfg.sweep.dir) / f"{STOPPED}.{zlib.crc32(commander.encode()):08x}"
    if stopped.exists():
        return None
    try:
        return train_and_log(cfg, sweep_id, config_files, output)
    except (Exception, SystemExit) as error:
        if cfg.fail_fast or isinstance(error, DiskFullError):
            stopped.touch()
        failure = Failure(
            reason=(f"{type(error).__name__}: {error}".splitlines() or [""])[0],
            log_file=path_for_commander(str(output / f"{hydra_cfg.job.name}.log")),
            is_kept=isinstance(error, RunKeptError),
        )
        log.info(f"failed: {configuration_of(cfg).name}: {failure.reason} (see {failure.log_file})")
        log.debug("The traceback:", exc_info=True)
        return failure
