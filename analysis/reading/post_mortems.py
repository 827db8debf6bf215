"""The post-mortem that a diverged run logged."""

import json
from typing import Any, NamedTuple

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from runner.process import InputError, one_line, revealed, store_address
from runner.tracking import read_artifact


class FatalImage(NamedTuple):
    """The training image that a run died of: its position, label, guilty class, logits.

    `update` counts from 1 and is the one that broke.
    """

    update: int
    example: int
    label: int
    guilty_class: int
    logits: tuple[float, ...]


def load_fatal_image(run_id: str, uri: str | None = None) -> FatalImage:
    """Read the artifact `divergence/post_mortem.json` of a run, local or on a server.

    Raises `InputError` where the run has no such artifact, or one that blames no image.
    """
    address = revealed(store_address(uri))
    try:
        run = MlflowClient(address).get_run(run_id)
    except MlflowException as error:
        raise InputError(f"MLflow run {one_line(run_id)} cannot be read from {address}") from error
    content = read_artifact(run, "divergence/post_mortem.json", address)
    try:
        return _parse(json.loads(content))
    except (LookupError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            f"the post-mortem of MLflow run {one_line(run_id)} blames no image"
        ) from error


def _parse(fields: Any) -> FatalImage:
    """Non-finite logits are texts there; `ValueError` and its like for anything else."""
    logits = tuple(map(float, fields["logits"]))
    update, example, label, guilty = (
        int(fields[name]) for name in ("update", "example", "label", "guilty_class")
    )
    if not {label, guilty} <= set(range(len(logits))):
        raise ValueError("a class that does not exist")
    if min(update, example) < 0:
        raise ValueError("a negative position")
    return FatalImage(update, example, label, guilty, logits)
