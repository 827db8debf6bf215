"""An SQLite store on a network file system is refused: its locks do not hold between machines."""

import pytest
from support.commands import TINY


@pytest.mark.parametrize("words", [(), ("-m", "seed=1,2"), ("-m", "seed=1,2", "dry_run=true")])
def test_a_store_on_a_network_folder_is_refused_before_anything_trains(
    lrstudy, folder, mounted, words
):
    mounted((folder, "nfs4"))
    answer = lrstudy(*words, *TINY)
    assert answer.status == 2
    assert answer.err == (
        f"lrstudy: tracking.uri: {folder}/mlflow.db is on a network file system (nfs4), where "
        "neither SQLite's locks nor its write-ahead log work across machines; log to a server "
        "(mlflow server, then tracking.uri=http://HOST:5000) or to a folder of this machine "
        "(tracking.uri=sqlite:////FOLDER/mlflow.db)\n"
    )
    assert "Epoch" not in answer.out
    assert not list(folder.glob("ml*"))


def test_a_local_store_serves_a_command_that_was_started_in_a_network_folder(
    lrstudy, folder, mounted, tmp_path_factory
):
    mounted((folder, "nfs4"))
    local = tmp_path_factory.mktemp("local")
    assert lrstudy(*TINY, f"tracking.uri=sqlite:///{local}/mlflow.db").status == 0
    assert (local / "mlflow.db").exists()
