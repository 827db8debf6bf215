"""Keeps a dry run from writing: Hydra makes an output folder for every single run."""

from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict, read_write


class NoOutputOfDryRun(Callback):
    """Lets Hydra write nothing where `dry_run` is true, as in a sweep.

    conf/config.yaml names it among Hydra's callbacks.
    """

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        if OmegaConf.select(config, "dry_run") is not True:
            return
        with read_write(config), open_dict(config):
            config.hydra.run.dir = "."
            config.hydra.output_subdir = None
            config.hydra.job_logging.root.handlers = ["console"]
            config.hydra.job_logging.handlers.pop("file", None)
