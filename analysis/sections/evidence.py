"""What several sections and the answer need of a study, each computed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.printed import (
    OFFICIAL,
    Comparison,
    FrozenTest,
    PrintedSequence,
    compare,
    data_of,
    judge_printed,
    load_published,
    training_command,
)
from analysis.reading import Study
from analysis.sections.grid import learning_rate_grid
from analysis.sections.selection import at_commonest_settings, by_batch_size
from analysis.sections.trained_models import TrainedModel, trained_models
from analysis.statistics import summarise
from runner import data
from runner.data import FASHION_MNIST, Split
from runner.process import InputError


@dataclass(frozen=True, eq=False)
class UserTable:
    """The printed sequences of a user's table, and the name of its file."""

    name: str
    sequences: list[PrintedSequence]


@dataclass(frozen=True, eq=False)
class Evidence:
    """A study, and what is computed of it on demand.

    `two_sweeps` are the ids of two to compare; `table` stands in for the published figures.
    """

    study: Study
    two_sweeps: tuple[str, str] | None = None
    table: UserTable | None = None

    @cached_property
    def runs(self) -> pd.DataFrame:
        """The runs from parameters as they were drawn, or all, where there is no such run.

        The others are twins of these in all but a last bit (`rounding`), and no further draws.
        """
        drawn = self.study.runs[self.study.runs["rounding"] == 0]
        return self.study.runs if drawn.empty else drawn

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """The epochs of these runs."""
        return self.study.epochs[self.study.epochs["run_id"].isin(self.runs["run_id"])]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The runs grouped by configuration, as from `statistics.summarise`."""
        return summarise(self.runs, self.epochs)

    @property
    def train_split(self) -> Split | None:
        """All training examples; None on a machine that has no Fashion-MNIST."""
        return self._splits[0]

    @property
    def test_split(self) -> Split | None:
        """All test examples; None on a machine that has no Fashion-MNIST."""
        return self._splits[1]

    @cached_property
    def _splits(self) -> tuple[Split, Split] | tuple[None, None]:
        return data.load() if data.locate() else (None, None)

    @cached_property
    def printed(self) -> list[PrintedSequence]:
        """The printed sequences that our runs are put beside."""
        return self.table.sequences if self.table else load_published()

    @cached_property
    def printed_data(self) -> Mapping[str, Any]:
        """The data of the runs beside them: of a user's table those of most runs.

        Raises `InputError` where these are fewer examples than a batch of the table.
        """
        if self.table is None:
            return OFFICIAL
        found = data_of(self.runs)
        examples = found["data.train_limit"]
        for one in self.table.sequences:
            if one.batch_size > examples:
                raise InputError(
                    f"{self.table.name}: batch_size of {one.name} must be at most {examples}, the "
                    f"training examples of most runs, got {one.batch_size}; choose others: --where"
                )
        return found

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The printed figures beside ours; empty where no run has the settings of one."""
        return compare(self.printed, self.runs, self.epochs, self.printed_data)

    @cached_property
    def missing(self) -> dict[str, str]:
        """What trains the runs that printed sequences need for a verdict, by their names.

        Of a user's table only: nobody is told to train what others printed.
        """
        beside = {one.printed.name: one for one in self.comparisons}
        commands = {
            one.name: training_command(one, beside.get(one.name), self.printed_data)
            for one in (self.table.sequences if self.table else ())
        }
        return {name: command for name, command in commands.items() if command}

    @cached_property
    def frozen_test(self) -> FrozenTest | None:
        """Which printed models never moved.

        Of the published ones None without images, or without `comparisons`: they stand in for
        an upload of the same sizes. Of a user's table the exact parts need neither.
        """
        if not self.table and not self.comparisons:
            return None
        official = self.printed_data["data.name"] == FASHION_MNIST.name
        train_split, test_split = self._splits if official else (None, None)
        if not self.table and train_split is None:
            return None
        train, test = (self.printed_data[f"data.{one}_limit"] for one in ("train", "test"))
        splits = None
        if train_split is not None and test_split is not None:
            splits = train_split.first(train), test_split.first(test)
        return judge_printed(self.printed, train, splits)

    @cached_property
    def grid(self) -> pd.DataFrame | None:
        """The runs that make a grid of learning rates; None where there is none."""
        return learning_rate_grid(self.runs)

    @cached_property
    def by_loss(self) -> pd.DataFrame:
        """The runs that differ in learning rate, form of the loss and seed only."""
        return at_commonest_settings(self.runs, "loss")

    @cached_property
    def by_batch_size(self) -> pd.DataFrame:
        """The runs of learning rates that several batch sizes have."""
        return by_batch_size(self.runs)

    @cached_property
    def models(self) -> list[TrainedModel] | str:
        """Trained models of several learning rates, or why the sections on them are left out."""
        reason = "tables hold no parameters"
        if self.study.artifacts:
            try:
                if models := trained_models(self.runs, self.study.uri):
                    return models
                reason = "no model learned"
            except InputError as error:
                reason = str(error)
        return f"weights and predictions of trained models: {reason}"
