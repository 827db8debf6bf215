"""The runs of the study's headline are tagged when their sweep ends, and told in the note."""

import itertools
import re

import numpy as np
import pytest
from support.commands import client_of, runs_of
from support.served import served
from support.stored_runs import copied_store
from support.typing_commands import SMALL, type_command

from runner.commands import lrstudy as cli
from runner.tracking.headline import HEADLINE
from runner.tracking.views import NOTE

pytestmark = pytest.mark.slow
"""Twelve whole runs are trained for them."""

FORMS, RATES = ("pick_log", "log_pick", "log_softmax"), ("1", "0.1", "0.01")
STACKED = "hydra/launcher=stacked"
WHOLE = ("-m", f"lr={','.join(RATES)}", f"loss={','.join(FORMS)}", "seed=1", STACKED)


@pytest.fixture
def store(headline, tmp_path, monkeypatch, capsys):
    """A copy of the store that holds the headline and more, in the current folder."""
    copied_store(headline, tmp_path)
    monkeypatch.chdir(tmp_path)
    return lambda *words: type_command(cli.main, capsys, "lrstudy", *words)


def tagged(folder):
    return [run for run in runs_of(folder) if run.data.tags.get("headline") == "yes"]


def settings(runs):
    return sorted((run.data.params["loss"], float(run.data.params["lr"])) for run in runs)


def note_of(folder):
    client = client_of(folder)
    (experiment,) = client.search_experiments(filter_string="name = 'lr-study'")
    return experiment.tags[NOTE]


def test_the_runs_that_carry_the_headline_are_tagged_and_no_others(headline):
    found = tagged(headline)
    assert settings(found) == sorted(itertools.product(FORMS, map(float, RATES)))
    for run in found:
        assert run.data.tags["config_hash"] in HEADLINE
        assert (run.data.params["init_sigma"], run.data.params["order_seed"]) == ("1.0", "1")
    assert len(runs_of(headline)) > len(found)


def test_the_note_begins_with_the_finding_in_the_figures_of_the_runs(headline):
    finding, _, rest = note_of(headline).partition("\n")
    runs = {(run.data.params["loss"], run.data.params["lr"]): run for run in tagged(headline)}
    died = {form: int(runs[form, "1.0"].data.metrics["diverged"]) for form in FORMS}
    assert finding.startswith(
        f"**At learning rate 1, {died['pick_log']} of 1 runs of `pick_log` "
        f"diverged, {died['log_softmax']} of 1 of `log_softmax`. "
    )
    for lr in RATES:
        accuracy = runs["log_softmax", str(float(lr))].data.metrics["test_acc"]
        assert f"{np.round(accuracy, 3):.3f}" in finding
    assert "viewStateShareKey=headline" in finding
    assert rest.startswith("Softmax regression from scratch")


def test_of_a_configuration_trained_again_the_newest_run_has_the_tag(store, tmp_path):
    before = {run.info.run_id for run in tagged(tmp_path)}
    again = store("-m", "lr=0.01", "loss=log_softmax", "seed=1", "skip_finished=false")
    assert (again.status, again.err) == (0, "")
    after = tagged(tmp_path)
    assert len(after) == len(before) == 9
    (new,) = {run.info.run_id for run in after} - before
    assert new == max(runs_of(tmp_path), key=lambda run: run.info.start_time).info.run_id


def test_runs_of_an_earlier_version_are_tagged_by_the_command_that_finds_them_finished(
    store, tmp_path
):
    """It gave them other names, too, and the experiment no view of them."""
    client = client_of(tmp_path)
    for run in tagged(tmp_path):
        client.delete_tag(run.info.run_id, "headline")
        client.update_run(run.info.run_id, name=f"lr={run.data.params['lr']} bs=256 seed=1")
    experiment_id = runs_of(tmp_path)[0].info.experiment_id
    question = (
        "**What does the learning rate do, and can a table with one run per row be trusted?**"
    )
    client.set_experiment_tag(experiment_id, NOTE, f"{question}\nas it was")
    client.delete_experiment_tag(experiment_id, "mlflow.sharedViewState.headline")
    said = store(*WHOLE)
    assert (said.status, said.err) == (0, "")
    assert "Nothing to train" in said.out
    assert len(tagged(tmp_path)) == 9
    assert re.match(r"\*\*At learning rate 1, .*\nas it was$", note_of(tmp_path))
    tags = client.get_experiment(experiment_id).tags
    assert tags["mlflow.sharedViewState.headline"]


@pytest.mark.parametrize("edited", ["my own words", "my own words\nin two lines", ""])
def test_a_note_whose_first_line_a_user_has_changed_stays(store, tmp_path, edited):
    client = client_of(tmp_path)
    client.set_experiment_tag(runs_of(tmp_path)[0].info.experiment_id, NOTE, edited)
    assert store(*WHOLE).status == 0
    assert note_of(tmp_path) == edited


@pytest.mark.parametrize(("missing", "view"), [(0, "headline"), (1, "runs")])
def test_the_ui_opens_on_the_headline_where_it_is_whole(store, tmp_path, missing, view):
    client = client_of(tmp_path)
    for run in tagged(tmp_path)[:missing]:
        client.delete_run(run.info.run_id)
    with served(tmp_path) as (_, link):
        assert f"viewStateShareKey={view}" in link


def test_the_ui_of_a_store_without_the_headline_opens_on_all_runs(study):
    with served(study) as (_, link):
        assert "viewStateShareKey=runs" in link


def test_other_runs_leave_the_note_as_it_is(lrstudy, folder):
    assert lrstudy("-m", "seed=1", *SMALL).status == 0
    assert note_of(folder).startswith("**What does the learning rate do")
    assert tagged(folder) == []
