"""Many runs and many processes: nothing is lost, nothing grows, the numbers stay the same."""

import itertools
import re
import resource
import time
from pathlib import Path

import pytest
from support.commands import (
    TINY,
    check_80_runs,
    client_of,
    run_8_commands,
    runs_of,
    started,
    typed,
)
from support.typing_commands import SMALL

METRICS = ("train_loss", "train_acc", "test_loss", "test_acc", "train_loss_batch_mean")
JOBLIB = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")


def histories(folder, experiment):
    """Every logged value of every run, by learning rate, seed, metric and step."""
    client = client_of(folder)
    return {
        (run.data.params["lr"], run.data.params["seed"], metric, entry.step): entry.value
        for run in runs_of(folder, experiment=experiment)
        for metric in METRICS
        for entry in client.get_metric_history(run.info.run_id, metric)
    }


@pytest.mark.slow
def test_runs_in_several_processes_give_the_numbers_of_runs_one_after_another(folder):
    sweep = ("-m", "lr=0.1,1", "seed=1,2", *SMALL, "loss=log_softmax")
    for experiment, words, given in (
        ("alone", (), {}),
        ("one-thread", (), {"OMP_NUM_THREADS": "1"}),
        ("together", JOBLIB, {}),
        ("two-threads", JOBLIB, {"OMP_NUM_THREADS": "2"}),
    ):
        assert typed(*sweep, *words, f"tracking.experiment={experiment}", **given)[0] == 0
    alone = histories(folder, "alone")
    assert len(alone) == 4 * (2 * 3 + 3 * 2)
    assert histories(folder, "one-thread") == alone  # bit for bit
    assert histories(folder, "together") == alone
    # Two threads sum in another order. At learning rate 1 training amplifies the last bit, which
    # shows after the first epoch on some processors.
    two_threads = histories(folder, "two-threads")
    assert two_threads.keys() == alone.keys()
    tame = {key: one for key, one in alone.items() if key[0] == "0.1" or key[-1] <= 1}
    assert {key: two_threads[key] for key in tame} == pytest.approx(tame, rel=1e-6)


@pytest.mark.slow
def test_each_worker_computes_in_one_thread_instead_of_using_all_processors(folder):
    """Each worker writes down how many threads it may use; a user's own number stays."""
    (folder / "path").mkdir()
    code = (
        "import os, sys\n"
        "if 'popen_loky' in ' '.join(sys.orig_argv):\n"
        "    open(f'{os.getpid()}.threads', 'w').write(os.environ.get('OMP_NUM_THREADS', ''))\n"
    )
    (folder / "path" / "sitecustomize.py").write_text(code)
    environment = {"PYTHONPATH": str(folder / "path")}
    assert typed("-m", "seed=1,2", *TINY, *JOBLIB, **environment)[0] == 0
    assert [path.read_text() for path in folder.glob("*.threads")] == ["1", "1"]
    for path in folder.glob("*.threads"):
        path.unlink()
    environment["OMP_NUM_THREADS"] = "3"
    assert typed("-m", "seed=3,4", *TINY, *JOBLIB, **environment)[0] == 0
    assert [path.read_text() for path in folder.glob("*.threads")] == ["3", "3"]


@pytest.mark.slow
def test_8_commands_at_once_in_one_empty_folder_lose_no_run_and_no_metric(folder):
    """80 runs; each command has its own seeds."""
    run_8_commands()
    check_80_runs(client_of(folder), runs_of(folder))


@pytest.mark.slow
def test_a_sweep_of_400_jobs_runs_through_and_does_not_grow(folder):
    sweep = ("-m", "seed=range(0,400)", "data.train_limit=256", "epochs=1", "loss=log_softmax")
    resident, moments = {}, {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with started(*sweep) as process:
        begin = time.monotonic()
        for line in process.stdout:
            ended = re.match(r"(\d+) of 400: ", line)
            if ended and int(ended[1]) % 100 == 0:
                status = Path(f"/proc/{process.pid}/status").read_text()
                resident[int(ended[1])] = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1000
                moments[int(ended[1])] = time.monotonic() - begin
        process.wait(timeout=240)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(f"resident MB: {resident}")
    print(f"seconds: {moments}; processor seconds per job: {seconds / 400:.3f}")
    assert process.returncode == 0
    assert len(runs_of(folder, status="FINISHED")) == 400
    assert resident[400] - resident[100] < 35


@pytest.mark.slow
def test_a_job_s_overhead_is_the_same_for_the_last_of_many(lrstudy, monkeypatch):
    """Counted in questions to the store, which does not depend on how busy the machine is."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    statements = []

    def count(*arguments):
        statements.append(arguments[2])

    asked_at_each_start = []
    from runner.runs import job as module

    train = module.train_and_log

    def counted(*arguments, **keywords):
        asked_at_each_start.append(len(statements))
        return train(*arguments, **keywords)

    monkeypatch.setattr(module, "train_and_log", counted)
    event.listen(Engine, "before_cursor_execute", count)
    monkeypatch.setattr("runner.sweeps.progress.POLL_SECONDS", 1000)  # by the clock, not by the job
    try:
        assert lrstudy("-m", "seed=range(0,12)", *TINY, "loss=log_softmax").status == 0
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    starts = asked_at_each_start
    per_job = [after - before for before, after in itertools.pairwise(starts)]
    assert len(per_job) == 11
    assert min(per_job) > 0
    assert max(per_job[1:]) <= per_job[1]
