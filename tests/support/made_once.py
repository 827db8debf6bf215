"""What is expensive to make: by the process of tests that first asks for it, for all of them."""

import os
import shutil

from filelock import FileLock


def made_once(tmp_path_factory, name, make):
    """The folder `name` of this session of tests, in which `make` was called in one process."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each has a folder of its own in the session's
        place = place.parent
    place = place / name
    with FileLock(f"{place}.lock"):
        if not place.exists():
            place.mkdir()
            try:
                make(place)
            except BaseException:
                shutil.rmtree(place)
                raise
    return place
