"""The runs that carry the study's headline, and the tag by which MLflow's UI finds them.

They are three forms of the loss at three learning rates, each with ten seeds in orders of their
own and everything else at its default. The UI shows 100 runs at a time, and these are 90.
"""

import itertools
from collections.abc import Iterable, Mapping

from mlflow.entities import Run

from runner.configuration import Configuration
from runner.data import FASHION_MNIST
from runner.tracking.experiment import Tracking
from runner.tracking.finished_run import damage

TAG = "headline"
FORMS = ("pick_log", "log_pick", "log_softmax")
RATES = (1.0, 0.1, 0.01)
SEEDS = range(1, 11)


def _config_hash(loss: str, lr: float, seed: int) -> str:
    return Configuration(
        lr=lr,
        batch_size=256,
        epochs=5,
        seed=seed,
        order_seed=seed,
        loss=loss,
        init_sigma=1.0,
        division="python3",
        on_divergence="stop",
        train_limit=FASHION_MNIST.examples["train"],
        test_limit=FASHION_MNIST.examples["test"],
    ).config_hash


HEADLINE = frozenset(itertools.starmap(_config_hash, itertools.product(FORMS, RATES, SEEDS)))
"""The `config_hash` of each."""


def tag_headline(tracking: Tracking, finished: Mapping[str, Run]) -> bool:
    """Tag the runs of the headline among `finished`; return whether there are any.

    `finished` has the newest finished run of each `config_hash`. One that was tagged before and
    has been trained again since gets the value `no`, so that each configuration counts once.
    """
    newest = {one: finished[one] for one in HEADLINE & finished.keys()}
    if not newest:
        return False
    ids = {run.info.run_id for run in newest.values()}
    before = tagged(tracking)
    for run in before:
        config_hash, run_id = run.data.tags.get("config_hash"), run.info.run_id
        if config_hash not in HEADLINE or (config_hash in newest and run_id not in ids):
            tracking.client.set_tag(run_id, TAG, "no")
    for run_id in ids - {run.info.run_id for run in before}:
        tracking.client.set_tag(run_id, TAG, "yes")
    return True


def tagged(tracking: Tracking) -> list[Run]:
    """The runs that have the tag, and are whole."""
    return [run for run in tracking.runs(f"tags.{TAG} = 'yes'") if damage(run) is None]


def is_whole(runs: Iterable[Run]) -> bool:
    """Whether each form has one of the runs at each learning rate."""
    settings = {(run.data.params["loss"], run.data.params["lr"]) for run in runs}
    return settings >= {(loss, str(lr)) for loss, lr in itertools.product(FORMS, RATES)}
