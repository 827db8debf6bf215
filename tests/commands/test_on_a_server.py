"""Runs that are logged to a tracking server."""

from mlflow import MlflowClient
from support.typing_commands import SMALL

import analysis


def test_a_server_takes_runs_and_gives_them_back(server_address, lrstudy, folder, monkeypatch):
    keys = (*SMALL, "loss=log_softmax")
    assert lrstudy("-m", "seed=1,2", *keys, f"tracking.uri={server_address}").status == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server_address)
    assert lrstudy("seed=3", *keys).status == 0
    assert "Trained before" in lrstudy("seed=1", *keys).out
    runs, epochs = analysis.load_runs()
    assert list(runs["seed"]) == [1, 2, 3]
    assert len(epochs) == 9
    assert not (folder / "mlflow.db").exists()
    client = MlflowClient(server_address)
    names = {entry.path for entry in client.list_artifacts(runs["run_id"][0])}
    assert names == {"config", "curves.png", "parameters.npz"}
