"""A sweep knows its runs."""

from analysis.reading.study import load_study


def test_a_sweep_whose_plan_is_lost_has_the_runs_that_it_trained(two_sweeps, monkeypatch):
    def lost(*_, **__):
        raise OSError

    monkeypatch.setattr("runner.tracking.artifacts.download_artifacts", lost)
    study = load_study("lr-study", f"sqlite:///{two_sweeps[0]}/mlflow.db")
    assert [len(text.split()) for text in study.sweeps["config_hashes"]] == [8, 8]
    assert [line.split(" cannot be read")[0] for line in study.left_out] == [
        f"plan.json of MLflow run {run_id}" for run_id in reversed(study.sweeps["run_id"])
    ]
