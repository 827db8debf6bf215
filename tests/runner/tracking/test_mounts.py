"""Network file systems are told from those of this machine, a container or a guest."""

import pytest

from runner.tracking import mounts


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
