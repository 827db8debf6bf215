"""What several sections and the answer need of a study, each computed once."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.printed import (
    Comparison,
    FrozenTest,
    OwnRun,
    compare,
    judge_published,
    load_published,
    own_run,
)
from analysis.reading import Study
from analysis.sections.grid import learning_rate_grid
from analysis.sections.selection import at_commonest_settings, by_batch_size
from analysis.sections.trained_models import TrainedModel, trained_models
from analysis.statistics import summarise
from runner import data
from runner.data import Split
from runner.process import InputError


@dataclass(frozen=True, eq=False)
class Evidence:
    """A study, and what is computed of it on demand; `two_sweeps` are the ids of two to compare."""

    study: Study
    two_sweeps: tuple[str, str] | None = None

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
    def comparisons(self) -> list[Comparison]:
        """The printed figures beside ours; empty where no run has the settings of one."""
        return compare(load_published(), self.runs, self.epochs)

    @cached_property
    def frozen_test(self) -> FrozenTest | None:
        """Which printed models never moved; None without images, or without `comparisons`."""
        if not self.comparisons or self.train_split is None or self.test_split is None:
            return None
        return judge_published(self.train_split, self.test_split)

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
                if models := trained_models(self.runs, self.study.uri):
                    return models
                reason = "no model learned"
            except InputError as error:
                reason = str(error)
        return f"weights and predictions of trained models: {reason}"
