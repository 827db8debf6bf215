"""A sweep knows its runs."""

from analysis.reading.study import load_study


def test_a_sweep_whose_plan_is_lost_has_the_runs_that_it_trained(two_sweeps, monkeypatch):
    def lost(*_, **__):
        raise OSError

    monkeypatch.setattr("mlflow.MlflowClient.download_artifacts", lost)
    study = load_study("lr-study", f"sqlite:///{two_sweeps[0]}/mlflow.db")
    assert [len(text.split()) for text in study.sweeps["config_hashes"]] == [8, 8]
