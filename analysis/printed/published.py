"""The printed figures that the study is compared with; docs/published.md says where from."""

from dataclasses import dataclass
from importlib import resources

import pandas as pd

from analysis.printed.article import ARTICLE

FIGURES = ("train_loss", "train_acc", "test_acc")

POOLED = ("lesson-2018", "pytorch-port-a", "pytorch-port-b")
"""Sources whose program averages over examples; the others print means of batch means."""


@dataclass(frozen=True)
class Figure:
    """One printed number: the metric's name here, our step, the value, its decimals."""

    metric: str
    step: int
    value: float
    decimals: int


@dataclass(frozen=True)
class PrintedSequence:
    """The printed epochs of one training: what it was, and its figures.

    `steps` are completed epochs: the printed epoch e is our step e + 1. `figures` are those
    of the epochs printed before a nan; `diverged_step` is the first step printed with a nan
    loss, None where all are finite. `loss` is "log_softmax" where the source does not say: at
    its small `init_sigma` the three forms give the same figures.
    """

    source: str
    framework: str
    lr: float
    division: str
    loss: str
    init_sigma: float
    batch_size: int
    steps: tuple[int, ...]
    figures: tuple[Figure, ...]
    diverged_step: int | None

    @property
    def pooled(self) -> bool:
        """Whether the figures are means over examples, else means of batch means."""
        return self.source in POOLED

    @property
    def still(self) -> bool:
        """Whether its step size is 0: a whole learning rate divided as Python 2 does."""
        return self.division == "python2" and self.lr < self.batch_size

    @property
    def name(self) -> str:
        """The source and its learning rate."""
        return f"{self.source}, learning rate {self.lr:g}"

    @property
    def settings(self) -> dict[str, float | int | str]:
        """The keys that decide the numbers, as our runs are asked for them."""
        return {
            "lr": self.lr,
            "batch_size": self.batch_size,
            "loss": self.loss,
            "init_sigma": self.init_sigma,
            **{key: ARTICLE[key] for key in ("draws", "data.name")},
            "division": self.division,
        }

    @property
    def differs(self) -> str:
        """Why a comparison with our runs is exploratory."""
        if self.framework.startswith("mxnet"):
            return "earlier upload of the data, earlier MXNet"
        return "same data, other framework"


def load_published() -> list[PrintedSequence]:
    """All printed sequences of `published.csv`, in its order.

    The article's learning rate 1 is written `1` in a program for Python 2, whose step size is
    an integer division: its counterpart here is `division=python2`.
    """
    with (
        resources.files("analysis.printed").joinpath("published.csv").open(encoding="utf-8") as file
    ):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    return [_sequence(rows) for _, rows in table.groupby(["source", "learning_rate"], sort=False)]


def _sequence(rows: pd.DataFrame) -> PrintedSequence:
    first = rows.iloc[0]
    steps = [int(epoch) + 1 for epoch in rows["epoch"]]
    lost = [step for step, loss in zip(steps, rows["train_loss"], strict=True) if loss == "nan"]
    suffix = "" if first["source"] in POOLED else "_batch_mean"
    figures = tuple(
        Figure(f"{metric}{suffix}", step, float(text), len(text.partition(".")[2]))
        for metric in FIGURES
        for step, text in zip(steps, rows[metric], strict=True)
        if not lost or step < lost[0]
    )
    whole = "python2" in first["framework"] and float(first["literal"]).is_integer()
    return PrintedSequence(
        source=first["source"],
        framework=first["framework"],
        lr=float(first["learning_rate"]),
        division="python2" if whole and "." not in first["literal"] else "python3",
        loss=first["loss"] or "log_softmax",
        init_sigma=float(first["init_sigma"]),
        batch_size=int(first["batch_size"]),
        steps=tuple(steps),
        figures=figures,
        diverged_step=lost[0] if lost else None,
    )
