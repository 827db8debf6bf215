"""Which folders are on a network file system, where an SQLite database cannot be shared."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

NETWORK = re.compile(
    r"(fuse\.)?(afs|beegfs|ceph|cifs|coda|glusterfs|gpfs|lustre|nfs4?|orangefs|panfs|pvfs2|smb3|smbfs"
    r"|sshfs)"
)
"""File systems of other machines; not 9p and virtiofs, which are a container's or a guest's own."""


def network_file_system(folder: Path) -> str | None:
    """The type of the network file system that a folder is on; None: on none that is known."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place = folder.resolve()
    found, deepest = "", 0
    for line in lines:  # proc(5): the fifth word is where, the first one behind the dash is what
        words, _, source = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), words.split()[4]))
        if place.is_relative_to(point) and len(point.parts) >= deepest:
            found, deepest = source.split()[0], len(point.parts)
    return found if NETWORK.fullmatch(found) else None
