"""Finds folders on network file systems, where an SQLite database cannot be shared."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

NETWORK = re.compile(
    r"(fuse\.)?(afs|beegfs|ceph|cifs|coda|glusterfs|gpfs|lustre|nfs4?|orangefs|panfs|pvfs2|smb3|smbfs"
    r"|sshfs)"
)
"""File systems of other machines. 9p and virtiofs are left out: containers and guests use them."""


def network_file_system(folder: Path) -> str | None:
    """The type of the network file system that holds a folder; None if it is on no known one."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place = folder.resolve()
    found, deepest = "", 0
    for line in lines:  # proc(5): word 5 is the mount point, the word after the dash is the type
        words, _, source = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), words.split()[4]))
        if place.is_relative_to(point) and len(point.parts) >= deepest:
            found, deepest = source.split()[0], len(point.parts)
    return found if NETWORK.fullmatch(found) else None
