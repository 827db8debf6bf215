"""What several sections and the answer need of a study, each computed once."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from analysis.printed import (
    ARTICLE,
    ARTICLE_DATA,
    OFFICIAL,
    Comparison,
    FrozenTest,
    OwnRun,
    PrintedSequence,
    compare,
    data_of,
    judge_printed,
    load_published,
    own_run,
    training_command,
)
from analysis.reading import Study
from analysis.sections.grid import learning_rate_grid
from analysis.sections.selection import at_commonest_settings, by_batch_size
from analysis.sections.trained_models import TrainedModel, trained_models
from analysis.statistics import summarise
from runner import data
from runner.data import FASHION_MNIST, DataSet, Split
from runner.process import InputError


class Images(NamedTuple):
    """A data set and all its examples."""

    data_set: DataSet
    train: Split
    test: Split


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
    _found: dict[str, Images] = field(default_factory=dict, init=False)

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

    @cached_property
    def of_article(self) -> bool:
        """Whether any run has the article's data: else it is not compared with anything."""
        return bool(self.runs["data.name"].isin(ARTICLE_DATA).any())

    @property
    def with_printed(self) -> bool:
        """Whether anything printed is compared: a user's table, or the published figures."""
        return self.of_article or self.table is not None

    @cached_property
    def settings(self) -> dict[str, float | int | str]:
        """The settings at which forms of the loss are compared: the article's.

        Without its data, those that most runs have.
        """
        if self.of_article:
            return ARTICLE
        commonest = self.by_loss.iloc[0]
        return {key: commonest[key] for key in ARTICLE}

    def data_set(self, name: str) -> DataSet:
        """The data set of this name; `InputError` for a user's own that is not there."""
        return self.images(name).data_set if data.is_own(name) else data.data_set_of(name, None)

    def images(self, name: str) -> Images:
        """The data set of this name with all its examples; `InputError` where it is not there."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Images:
        if not data.is_own(name):
            data_set = data.data_set_of(name, None)
            if not data.locate(None, data_set):
                raise InputError(f"{data_set.title} is not on this machine")
            return Images(data_set, *data.load(None, data_set))
        recorded = self.runs.loc[self.runs["data.name"] == name, "data_root"].dropna()
        root = self.study.data_root or next(iter(recorded), None)
        if root is None:
            raise InputError(f"where {name} is was not recorded: give its place with --data")
        try:
            data_set = data.data_set_of(data.choice_of(name), root)
        except InputError as error:
            raise InputError(f"{name} cannot be read ({error})") from error
        if data_set.name != name:
            raise InputError(
                f"{name} is not at {root}, which holds {data_set.name}: give its place with --data"
            )
        return Images(data_set, *data.load(None, data_set))

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
        train, test = (self.printed_data[f"data.{one}_limit"] for one in ("train", "test"))
        splits = None
        if self.printed_data["data.name"] == FASHION_MNIST.name:
            with contextlib.suppress(InputError):
                official = self.images(FASHION_MNIST.name)
                splits = official.train.first(train), official.test.first(test)
        if not self.table and splits is None:
            return None
        return judge_printed(self.printed, train, splits)

    @cached_property
    def own_run(self) -> OwnRun | None:
        """The article's own parameters, trained; None where they were not."""
        return own_run(self.runs, self.epochs)

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
                if models := trained_models(self.runs, self.study.uri, self.data_set):
                    return models
                reason = "no model learned"
            except InputError as error:
                reason = str(error)
        return f"weights and predictions of trained models: {reason}"
