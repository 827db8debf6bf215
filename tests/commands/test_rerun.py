"""`lrstudy rerun=RUN_ID`: a past run trained again from MLflow alone, and compared."""

import contextlib
import re
import sqlite3

import numpy as np
import pytest
from support.commands import client_of, runs_of
from support.typing_commands import SMALL

from runner import configuration, training
from runner.data import DataSet

STACK = ("-m", "lr=1,0.1", "seed=1,2,3", "order_seed=1", "hydra/launcher=stacked")


@pytest.fixture
def past(lrstudy, folder):
    """The id of a run that trained alone."""
    assert lrstudy(*SMALL).status == 0
    (only,) = runs_of(folder)
    return only.info.run_id


def test_a_run_trained_again_is_identical_and_logs_nothing(lrstudy, folder, past):
    client = client_of(folder)
    before = client.get_run(past).to_dictionary()
    answer = lrstudy(f"rerun={past}")
    assert (answer.status, answer.err) == (0, "")
    name, *epochs, verdict = answer.out.splitlines()
    assert name == before["info"]["run_name"]
    assert [line.split(".")[0] for line in epochs] == ["Untrained", "Epoch 1", "Epoch 2"]
    # Three figures of the untrained model, seven of each epoch, three that a run has once
    # (diverged, best_test_acc, last_finite_batch_loss); W and b twice.
    assert verdict == (
        f"Identical: {3 + 2 * 7 + 3} figures, the outcome (trained) and {2 * 7850} parameters "
        f"are those of MLflow run {past} (stack_width 1)."
    )
    experiment = before["info"]["experiment_id"]
    assert [one.info.run_id for one in client.search_runs([experiment])] == [past]
    assert client.get_run(past).to_dictionary() == before


@pytest.mark.slow
def test_a_run_of_a_stack_is_trained_again_in_one_as_wide(lrstudy, folder, monkeypatch):
    assert lrstudy(*STACK, "hydra.launcher.n_jobs=1", *SMALL).status == 0
    widths = []
    train_stack = training.train_stack

    def watched(configurations, *arguments):
        widths.append(len(configurations))
        return train_stack(configurations, *arguments)

    monkeypatch.setattr(training, "train_stack", watched)
    outcomes = set()
    for member in runs_of(folder):
        answer = lrstudy(f"rerun={member.info.run_id}")
        assert answer.status == 0
        assert f"those of MLflow run {member.info.run_id} (stack_width 6)." in answer.out
        outcomes.add(member.data.tags["outcome"])
    assert widths == [6] * 6
    assert outcomes == {"trained", "diverged"}


def test_a_run_that_diverged_and_went_on_with_nan_is_identical(lrstudy, folder):
    lrstudy("lr=1", "on_divergence=continue", *SMALL)
    (only,) = runs_of(folder)
    assert only.data.tags["outcome"] == "diverged"
    answer = lrstudy(f"rerun={only.info.run_id}")
    assert answer.status == 0
    assert "Epoch 2. Loss: nan" in answer.out
    cause = only.data.tags["divergence_cause"]
    assert re.search(rf"^Identical: .* the outcome \(diverged, {cause}\) and ", answer.out, re.M)


def difference(answer):
    """What a line on stderr tells to differ; nothing else is said there."""
    assert (answer.status, answer.err.count("\n")) == (1, 1)
    assert "Identical" not in answer.out
    line = r"lrstudy: MLflow run \w{32} \(stack_width 1\) came out different: (.*)\n"
    return re.fullmatch(line, answer.err).group(1)


def overwrite(folder, name, step, value):
    """Put another figure into the store, as no command does; what was there."""
    place = (name, step)
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database, database:
        where = "FROM metrics WHERE key = ? AND step = ?"
        ((was,),) = database.execute(f"SELECT value {where}", place).fetchall()
        database.execute(
            "UPDATE metrics SET value = ? WHERE key = ? AND step = ?", (value(was), *place)
        )
    return was


def test_the_first_figure_that_differs_is_told_with_both_values(lrstudy, folder, past):
    overwrite(folder, "train_acc", 2, lambda was: 0.5)
    was = overwrite(folder, "test_loss", 1, lambda was: float(np.nextafter(was, np.inf)))
    assert difference(lrstudy(f"rerun={past}")) == (
        f"test_loss of epoch 1 was {np.nextafter(was, np.inf)}, is now {was}; "
        "same machine, same versions"
    )


def test_another_cause_of_a_divergence_is_a_difference(lrstudy, folder, past):
    client_of(folder).set_tag(past, "divergence_cause", "unknown")
    told = difference(lrstudy(f"rerun={past}"))
    assert told == "divergence_cause was unknown, is now None; same machine, same versions"


def parameters_file(folder, run_id):
    return folder / "mlartifacts" / run_id / "artifacts" / "parameters.npz"


def test_a_parameter_that_differs_in_its_last_bit_is_told(lrstudy, folder, past):
    path = parameters_file(folder, past)
    arrays = dict(np.load(path))
    value = arrays["W"][300, 7]
    arrays["W"][300, 7] = np.nextafter(value, np.float32(np.inf))
    np.savez(path, **arrays)
    assert difference(lrstudy(f"rerun={past}")).startswith(
        f"W[300, 7] of parameters.npz was {arrays['W'][300, 7]}, is now {value}; "
    )


def test_a_run_without_one_of_its_parameters_is_refused(lrstudy, folder, past):
    path = parameters_file(folder, past)
    arrays = dict(np.load(path))
    np.savez(path, W=arrays["W"], b=arrays["b"], W0=arrays["W0"])
    assert "('b0 is not a file in the archive')" in refused(lrstudy(f"rerun={past}"))


def test_a_machine_that_is_another_is_told_with_the_difference(lrstudy, folder, past):
    client_of(folder).set_tag(past, "outcome", "stalled")
    client_of(folder).set_tag(past, "machine", "an abacus")
    client_of(folder).set_tag(past, "blas_kernel", "none")
    told = difference(lrstudy(f"rerun={past}"))
    assert told.startswith("outcome was stalled, is now trained; machine was an abacus, is now ")
    assert "; blas_kernel was none, is now " in told
    assert told.endswith(  # 0.4 is the least measured rate that is not below the run's 0.1
        "; rounding alone, as another machine does it, moved test_acc by up to 0.0000 at learning "
        "rate 0.4 in float32 (docs/horizon.md)"
    )
    assert "versions" not in told


def refused(answer):
    """The line on stderr of a command that trained nothing."""
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "Untrained" not in answer.out
    return answer.err


def test_a_run_id_that_is_not_there_is_refused(lrstudy, folder, past):
    store = f"sqlite:///{folder}/mlflow.db"
    for run_id in ("0" * 31 + "a", "abc", "a/b"):
        line = refused(lrstudy(f"rerun={run_id}"))
        assert f"rerun must be the id of a run in {store}, got {run_id} (" in line


def test_the_run_of_a_sweep_is_refused(lrstudy, folder):
    lrstudy("-m", "seed=1", *SMALL)
    (of_sweep,) = runs_of(folder, kind="sweep")
    line = refused(lrstudy(f"rerun={of_sweep.info.run_id}"))
    assert "did not train a configuration" in line


def test_an_unfinished_run_is_refused(lrstudy, folder, past):
    for status in ("RUNNING", "FAILED", "KILLED"):
        client_of(folder).update_run(past, status)
        assert f"MLflow run {past} is {status}, " in refused(lrstudy(f"rerun={past}"))


def test_a_run_of_an_older_trainer_is_refused(lrstudy, past, monkeypatch):
    monkeypatch.setattr(configuration, "TRAINER_VERSION", configuration.TRAINER_VERSION + 1)
    line = refused(lrstudy(f"rerun={past}"))
    assert "was not made by this trainer" in line
    assert "use the version that made it (lrstudy " in line


def test_a_run_that_saw_other_data_is_refused(lrstudy, past, monkeypatch):
    monkeypatch.setattr(DataSet, "digest_of", lambda data_set, split: split)
    assert f"MLflow run {past} used other data" in refused(lrstudy(f"rerun={past}"))


def test_a_run_without_its_parameters_is_refused(lrstudy, folder, past):
    parameters_file(folder, past).unlink()
    line = refused(lrstudy(f"rerun={past}"))
    assert f"parameters.npz of MLflow run {past} cannot be read" in line


def test_a_rerun_takes_no_values_of_its_own(lrstudy, past):
    for word in ("lr=1", "skip_finished=false", "dry_run=true"):
        line = refused(lrstudy(f"rerun={past}", word))
        assert f"leave out {word.partition('=')[0]}" in line
