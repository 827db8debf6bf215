"""An SQLite store on a network file system is refused: its locks do not hold between machines."""

import pytest
from support.commands import TINY

from runner.tracking import mounts

ROOT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"


@pytest.fixture
def mounted(folder, monkeypatch):
    """Say what the system tells of its mounts: pairs of a folder and a type, below a local root."""

    def say(*pairs):
        lines = []
        for number, (place, kind) in enumerate(pairs, 2):
            point = str(place).replace(" ", r"\040")
            lines.append(f"{number} 1 0:{number} / {point} rw shared:9 - {kind} somewhere rw\n")
        (folder / "mountinfo").write_text(ROOT + "".join(lines))
        monkeypatch.setattr(mounts, "MOUNTS", folder / "mountinfo")

    return say


@pytest.mark.parametrize("words", [(), ("-m", "seed=1,2"), ("-m", "seed=1,2", "dry_run=true")])
def test_a_store_on_a_network_folder_is_refused_before_anything_trains(
    lrstudy, folder, mounted, words
):
    mounted((folder, "nfs4"))
    answer = lrstudy(*words, *TINY)
    assert answer.status == 2
    assert answer.err == (
        f"lrstudy: tracking.uri: {folder}/mlflow.db is on a network file system (nfs4), where "
        "neither SQLite's locks nor its write-ahead log hold between machines; log to a server "
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


@pytest.mark.parametrize(
    "kind",
    ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "lustre", "gpfs", "ceph", "fuse.glusterfs"],
)
def test_every_usual_network_file_system_is_known(folder, mounted, kind):
    mounted((folder, "ext4"), (folder / "a b", kind))
    (folder / "a b" / "deep").mkdir(parents=True)
    assert mounts.network_file_system(folder / "a b" / "deep") == kind
    assert mounts.network_file_system(folder) is None


@pytest.mark.parametrize("kind", ["ext4", "overlay", "tmpfs", "9p", "virtiofs", "fuse", "btrfs"])
def test_a_container_s_and_a_guest_s_file_systems_are_none(folder, mounted, kind):
    mounted((folder, kind))
    assert mounts.network_file_system(folder) is None


def test_the_last_mount_on_a_folder_counts_and_links_are_followed(folder, mounted):
    (folder / "here").mkdir()
    (folder / "there").mkdir()
    (folder / "link").symlink_to(folder / "there")
    mounted((folder / "here", "nfs"), (folder / "here", "ext4"), (folder / "there", "nfs"))
    assert mounts.network_file_system(folder / "here") is None
    assert mounts.network_file_system(folder / "link") == "nfs"


def test_a_system_that_tells_nothing_of_its_mounts_refuses_nothing(folder, monkeypatch):
    monkeypatch.setattr(mounts, "MOUNTS", folder / "none")
    assert mounts.network_file_system(folder) is None
