"""The configuration of a job is the one that Hydra itself composes."""

import pickle

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.initialize import initialize_config_dir
from hydra.types import RunMode
from omegaconf import OmegaConf

from runner import keys
from runner.commands import lrstudy as cli
from runner.sweeps.compose import MergingLoader

JOBS = [
    [],
    ["lr=0.5"],
    ["lr=0.5", "seed=3", "data.train_limit=256", "batch_size=64"],
    ["order_seed=1", "tracking.experiment=other"],
    ["+experiment=smoke", "lr=0.01"],
    ["lr=1", "+experiment=article", "seed=7", "loss=log_pick"],
    ["seed=4", "hydra.job.env_set.LRSTUDY_SWEEP_ID='0123456789abcdef'"],
    ["hydra/job_logging=default", "lr=${oc.env:HOME}x", "~epochs", "tracking={uri: a}"],
    ["+hydra.job.env_set.OTHER=1", "lr=2"],
]


@pytest.fixture
def loaders(monkeypatch):
    """Hydra's loader, the merging one, and the configuration of a sweep that both start from."""
    keys.register()
    with initialize_config_dir(str(cli.conf_folder()), version_base="1.3", job_name="lrstudy"):
        loader = GlobalHydra.instance().config_loader()
        master = loader.load_configuration(
            "config", ["lr=1,2", "hydra.verbose=false"], run_mode=RunMode.MULTIRUN
        )
        yield loader, MergingLoader(loader), master


@pytest.mark.parametrize("order", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_a_job_s_configuration_is_the_one_that_hydra_composes(loaders, order):
    hydra, merging, master = loaders
    for job in JOBS[::order] * 2:
        ours = merging.load_sweep_config(master, job)
        theirs = hydra.load_sweep_config(master, job)
        assert OmegaConf.to_yaml(ours) == OmegaConf.to_yaml(theirs)
        assert OmegaConf.is_struct(ours) == OmegaConf.is_struct(theirs)
        ours.seed = 99  # a copy: the next who asks for this job gets it as it was
    folder = master.hydra.sweep.dir  # the time in its name is the command's, not the job's
    assert merging.load_sweep_config(master, ["seed=1"]).hydra.sweep.dir == folder
    assert hydra.load_sweep_config(master, ["seed=1"]).hydra.sweep.dir == folder


def test_the_keys_to_be_looked_at_have_the_values_of_the_whole_configuration(loaders):
    _, merging, master = loaders
    of_values = [job for job in JOBS if "lr=${oc.env:HOME}x" not in job]  # which is no number
    for job in [*of_values, ["tracking.experiment=${hydra.job.name}"]] * 2:
        whole = merging.load_sweep_config(master, job)
        looked_at = merging.load_keys(master, job)
        for key in keys.RULES:
            assert OmegaConf.select(looked_at, key) == OmegaConf.select(whole, key)
        assert OmegaConf.is_struct(looked_at) == OmegaConf.is_struct(whole)
        looked_at.seed = 99  # a copy, too


@pytest.mark.parametrize("override", ["lr=abc", "rate=1", "+lr=1", "~rate", "+experiment=none"])
def test_what_hydra_refuses_is_refused_in_hydra_s_words(loaders, override):
    hydra, merging, master = loaders
    with pytest.raises(ConfigCompositionException) as theirs:
        hydra.load_sweep_config(master, [override])
    for load in (merging.load_sweep_config, merging.load_keys):
        with pytest.raises(type(theirs.value)) as ours:
            load(master, [override])
        assert str(ours.value) == str(theirs.value)


def test_a_loader_that_travels_with_a_job_leaves_the_other_jobs_at_home(loaders):
    _, merging, master = loaders
    alone = len(pickle.dumps(merging))
    for seed in range(100):
        merging.load_sweep_config(master, [f"seed={seed}"])
    assert len(pickle.dumps(merging)) < alone + 30_000  # what they have in common
    sent = pickle.loads(pickle.dumps(merging))
    assert sent.load_sweep_config(master, ["seed=7"]).seed == 7
