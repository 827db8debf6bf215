"""The command `lrstudy`: a Hydra app that answers bad input with one line and status 2."""

import errno
import os
import re
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import env_override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

import runner
from runner import keys
from runner.data import DATA_SETS
from runner.draws import DRAWS
from runner.launchers import LAUNCHERS
from runner.losses import LOSSES
from runner.process import (
    DifferenceError,
    InputError,
    SweepError,
    disk_full_error,
    end_at_once,
    exit_status,
    interruptible,
    masked,
    require_mxnet,
)

FAILED = 1
BAD_INPUT = 2


def conf_folder() -> Path:
    """The folder of Hydra's YAML files: inside the package in a wheel, else next to it."""
    package = Path(runner.__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def main() -> None:
    """Run the command; bad input and an interrupt end it with one line and no traceback."""
    if sys.argv[1:] == ["--version"]:
        print(f"lrstudy {runner.__version__}")
        return
    end_at_once()
    try:
        # Without this variable Hydra prints each error itself, in several lines.
        with interruptible(), env_override({"HYDRA_FULL_ERROR": "1"}):
            _run_hydra()
    except KeyboardInterrupt as interrupt:
        _print_error("interrupted; started again, the command leaves out what is finished")
        raise SystemExit(exit_status(interrupt)) from None
    except (SweepError, DifferenceError) as error:
        _print_error(str(error))
        raise SystemExit(FAILED) from None
    except (InputError, HydraException, OmegaConfBaseException, OSError) as error:
        line = _explain(error)
        if line is None:
            raise
        _print_error(line)
        raise SystemExit(BAD_INPUT) from None


HELP_LISTS: dict[str, list[tuple[str, str]]] = {
    "data_sets": [(one.name, one.title) for one in DATA_SETS.values()],
    "draws": [(one.name, one.summary) for one in DRAWS.values()],
    "losses": [(one.name, one.formula) for one in LOSSES.values()],
    "launchers": [(one.name, one.summary) for one in LAUNCHERS.values()],
}
"""The lists in the help besides the keys: each name with its line."""


def _help_list(what: str, indent: int) -> str:
    """One of `HELP_LISTS`, with every line but the first indented by `indent` spaces."""
    width = max(len(name) for name, _ in HELP_LISTS[what])
    return f"\n{' ' * indent}".join(f"{name:{width}}  {line}" for name, line in HELP_LISTS[what])


def _run_hydra() -> None:
    keys.register()
    OmegaConf.register_new_resolver("lrstudy_help", _help_list, replace=True)
    errors: list[InputError | DifferenceError] = []

    def task(cfg: DictConfig) -> object:
        try:
            return _run_task(cfg)
        except (InputError, DifferenceError) as error:
            errors.append(error)  # returned, not raised: Hydra would print lines of its own
            return error

    hydra.main(config_path=str(conf_folder()), config_name="config", version_base="1.3")(task)()
    if errors:
        raise errors[0]


def _run_task(cfg: DictConfig) -> object:
    """Do what the keys of one job ask for; return what a launcher should get back."""
    configuration = keys.configuration_of(cfg)  # reports wrong values before the slow imports
    require_mxnet()
    if cfg.rerun is not None:
        from runner.runs import train_again

        train_again(cfg, HydraConfig.get().overrides.task)
        return None
    if cfg.dry_run:
        from runner.sweeps import Job, print_plan

        alone = {configuration.config_hash: Job(configuration, ())}
        print_plan(alone, cfg.tracking.uri, cfg.tracking.experiment, cfg.skip_finished)
        return None
    from runner.runs import run_job

    return run_job(cfg)


def _print_error(line: str) -> None:
    print(f"lrstudy: {masked(line)}", file=sys.stderr)


def _explain(error: Exception) -> str | None:
    """One line for an error that the user can correct; None for any other error."""
    if isinstance(error, InputError):
        return str(error)
    full = disk_full_error(error)
    if full:
        return str(full)
    if isinstance(error, OSError) and not isinstance(error, HydraException):
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            path = os.path.abspath(error.filename) if error.filename else "a file"
            return f"{path} cannot be written: {error.strerror}; start in a folder that can be"
        return None
    cause = error.__cause__ if isinstance(error, HydraException) else error
    key = str(getattr(cause, "full_key", None) or "")
    if isinstance(cause, (ConfigAttributeError, ConfigKeyError)):
        return keys.unknown_key(key)
    if key in keys.RULES:
        value = re.search(r"[Vv]alue '(.*?)'", str(cause))
        return keys.wrong_value(key, value.group(1) if value else None)
    if isinstance(error, HydraException):
        return " ".join(str(error).partition("Config search path:")[0].split())
    return None
