"""The command `lrstudy`: a Hydra app that answers bad input with one line and status 2."""

import contextlib
import errno
import os
import re
import sys
import traceback
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import env_override
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

import runner
from runner import data, keys
from runner.data import DATA_SETS
from runner.draws import DRAWS
from runner.launchers import LAUNCHERS
from runner.losses import LOSSES
from runner.process import (
    DifferenceError,
    InputError,
    causes_of,
    command,
    disk_full_error,
    hide_addresses,
    limit_error,
    require_memory,
    require_mxnet,
    say,
)


def conf_folder() -> Path:
    """The folder of Hydra's YAML files: inside the package in a wheel, else next to it."""
    package = Path(runner.__file__).resolve().parent
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def main() -> None:
    """Run the command; bad input and an interrupt end it with one line and no traceback."""
    with command("lrstudy", "started again, the command leaves out what is finished"):
        if sys.argv[1:] == ["--version"]:
            print(f"lrstudy {runner.__version__}")
            return
        hide_addresses()
        presets = _presets(sys.argv[1:])
        if not presets:
            _run()
            return
        for name, words in presets:
            say(f"Preset {name}")
            sys.argv[1:] = words
            _run()


SEVERAL_PRESETS = re.compile(r"\+experiment=[\w/-]+(,[\w/-]+)+")


def _presets(words: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each preset with its words, where several are typed: `+experiment=NAME,NAME`."""
    for place, word in enumerate(words):
        if SEVERAL_PRESETS.fullmatch(word):
            key, _, names = word.partition("=")
            return [
                (one, [*words[:place], f"{key}={one}", *words[place + 1 :]])
                for one in names.split(",")
            ]
    return []


def _run() -> None:
    """Run Hydra; `InputError` for what it raises and the user can correct."""
    try:
        # Without this variable Hydra prints each error itself, in several lines.
        with env_override({"HYDRA_FULL_ERROR": "1"}):
            _run_hydra()
    except Exception as error:
        line = _explain(error)
        if line is None:
            raise
        raise InputError(line) from error


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
    for word in sys.argv[1:]:
        keys.check_length(word)
    OmegaConf.register_new_resolver("lrstudy_help", _help_list, replace=True)
    errors: list[Exception] = []

    def task(cfg: DictConfig) -> object:
        try:
            return _run_task(cfg)
        except Exception as error:
            if _explain(error) is None and not isinstance(error, (InputError, DifferenceError)):
                raise
            errors.append(error)  # returned, not raised: Hydra would print lines of its own
            return error

    with _unchecked_help():
        hydra.main(config_path=str(conf_folder()), config_name="config", version_base="1.3")(task)()
    if errors:
        raise errors[0]


@contextlib.contextmanager
def _unchecked_help() -> Iterator[None]:
    """Keep argparse from reading the help of Hydra 1.3's options: that of one is not a string.

    Python 3.14 reads it when the option is added (facebookresearch/hydra issue 3121).
    """
    parser: Any = ArgumentParser
    check = getattr(parser, "_check_help", None)
    parser._check_help = lambda *_: None
    try:
        yield
    finally:
        if check:
            parser._check_help = check
        else:
            del parser._check_help


def _run_task(cfg: DictConfig) -> object:
    """Do what the keys of one job ask for; return what a launcher should get back."""
    hydra_cfg = HydraConfig.get()
    if hydra_cfg.job.chdir:  # everything lands below the folder that the command was started in
        os.chdir(hydra_cfg.runtime.cwd)
    configuration = keys.configuration_of(cfg)  # reports wrong values before the slow imports
    require_mxnet()
    require_memory()
    if cfg.rerun is not None:
        from runner.runs import train_again

        train_again(cfg, hydra_cfg.overrides.task)
        return None
    if cfg.dry_run:
        from runner.sweeps import Job, print_plan

        data.locate(cfg.data.root, configuration.data_set)
        alone = {configuration.config_hash: Job(configuration, ())}
        print_plan(alone, cfg.tracking.uri, cfg.tracking.experiment, cfg.skip_finished)
        return None
    from runner.runs import run_job

    return run_job(cfg, configuration)


UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP)
"""How the system refuses to make a file or folder: no permission, or another file in its place."""


def _explain(error: Exception) -> str | None:
    """One line for an error that the user can correct; None for any other error."""
    limit = disk_full_error(error) or limit_error(error)
    if limit:
        return str(limit)
    by_hydra = _raised_by_hydra(error)
    for one in causes_of(error) if by_hydra else (error,):
        if isinstance(one, OSError) and not isinstance(one, HydraException):
            return _explain_file(one, by_hydra)
    if isinstance(error, OverrideParseException):
        return keys.unreadable(error.override)
    if isinstance(error, ValueError) and by_hydra:
        return f"{error}; type for example: lrstudy --cfg job --resolve (lrstudy --hydra-help)"
    cause = error.__cause__ if isinstance(error, HydraException) else error
    found = re.search(r"full_key: (\S+)", str(cause))  # OmegaConf adds it to errors of others
    key = str(getattr(cause, "full_key", None) or (found[1] if found else ""))
    if isinstance(cause, (ConfigAttributeError, ConfigKeyError)):
        return keys.unknown_key(key)
    if key in keys.RULES:
        if isinstance(cause, OverflowError):
            return keys.wrong_value(key, "more digits than a number can have")
        value = re.search(r"[Vv]alue '(.*?)'", str(cause))
        return keys.wrong_value(key, value.group(1) if value else None)
    if isinstance(error, HydraException):
        said = str(error).partition("Config search path:")[0]
        if isinstance(cause, OmegaConfBaseException):  # of a setting of Hydra's or a launcher's
            said += f": {str(cause).splitlines()[0]}"
        return " ".join(said.split())
    return None


def _explain_file(error: OSError, by_hydra: bool) -> str | None:
    """One line for a file that cannot be written; Hydra makes the folders that it writes to."""
    path = os.path.abspath(error.filename) if error.filename else "a file"
    if error.errno in UNWRITABLE or (error.errno == errno.ENOENT and by_hydra):
        return f"{path} cannot be written: {error.strerror}; start in a folder where it can be"
    if error.errno == errno.ENAMETOOLONG:
        return f"{path} cannot be written: {error.strerror}; choose a shorter one"
    return None


def _raised_by_hydra(error: Exception) -> bool:
    """Whether Hydra met an error, not this program: at an option, its folder or its log file."""
    ours, its = (Path(str(module.__file__)).parent for module in (runner, hydra))
    callers = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    owners = [one for caller in callers for one in (ours, its) if one in caller.parents]
    return owners[-1] == its
