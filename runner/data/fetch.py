"""Fetches a data set from its authors or from Debian's package, and always verifies it."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from runner.data import files
from runner.data.data_set import DataSet
from runner.data.fashion_mnist import FASHION_MNIST
from runner.process import InputError


def fetch_if_missing(
    root: str | None, say: Callable[[str], object], data_set: DataSet = FASHION_MNIST
) -> None:
    """Fetch the files, unless `root` is given or a known folder holds them."""
    if root is None and files.locate(None, data_set) is None:
        fetch_files(say, data_set)


def fetch_files(say: Callable[[str], object], data_set: DataSet = FASHION_MNIST) -> Path:
    """Fetch what the cache folder lacks and return the folder.

    Tries the authors' addresses, then Debian's package. A file gets its final name only after
    its digest has been checked. A lock keeps two processes from fetching at once.

    Raises `InputError` if no source can be reached.
    """
    import http.client  # slow to import, so only when something is fetched

    import filelock

    # After any of these the next source is tried.
    source_errors = (OSError, http.client.HTTPException, subprocess.SubprocessError, InputError)
    folder = files.cache_folder(data_set)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".lock").touch()
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}; set XDG_CACHE_HOME to a "
            "writable folder, or data.root to one that holds the four files"
        ) from error
    with filelock.FileLock(folder / ".lock"):
        missing = [name for name in data_set.digests if not (folder / name).is_file()]
        if missing:
            say(f"Fetching {data_set.title} (30 MB) into {folder}")
        reasons = []
        for source in filter(None, (*data_set.addresses, data_set.debian_package)):
            if not missing:
                break
            say(f"  from {'Debian, package ' if source == data_set.debian_package else ''}{source}")
            try:
                if source == data_set.debian_package:
                    _fetch_from_debian(missing, folder, data_set)
                else:
                    _fetch_over_https(source, missing, folder, data_set)
            except source_errors as error:
                reasons.append(f"{source}: {_one_line(error)}")
                say(f"  failed: {_one_line(error)}")
            missing = [name for name in missing if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{data_set.title} could not be fetched ({'; '.join(reasons)}); connect to the "
            f"internet or copy {', '.join(missing)} into {folder}"
        )
    return folder


def _fetch_over_https(address: str, names: list[str], folder: Path, data_set: DataSet) -> None:
    import urllib.error
    import urllib.request

    for name in names:
        try:
            with urllib.request.urlopen(address + name, timeout=20) as response:
                _store(response.read(), folder / name, data_set)
        except urllib.error.HTTPError as error:
            error.close()  # a refusal is an open answer, too
            raise


def _fetch_from_debian(names: list[str], folder: Path, data_set: DataSet) -> None:
    """Download and unpack Debian's package without root, using private package lists."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".debian-") as private:
        for part in ("lists/partial", "cache/archives/partial"):
            (Path(private) / part).mkdir(parents=True)
        apt_get = ["apt-get", "-q", "-o", f"Dir::State::Lists={private}/lists"]
        apt_get += ["-o", f"Dir::Cache={private}/cache", "-o", "Debug::NoLocking=1"]
        # The user _apt, which apt-get would switch to, may not enter the private folder.
        apt_get += ["-o", "APT::Sandbox::User=root"]
        for command in (
            [*apt_get, "update"],
            [*apt_get, "download", str(data_set.debian_package)],
        ):
            subprocess.run(command, cwd=private, check=True, capture_output=True, text=True)
        package = next(Path(private).glob("*.deb"))
        subprocess.run(["dpkg-deb", "-x", package, private], check=True, capture_output=True)
        unpacked = Path(private) / str(data_set.debian_folder).lstrip("/")
        for name in names:
            _store((unpacked / name).read_bytes(), folder / name, data_set)


def _store(content: bytes, path: Path, data_set: DataSet) -> None:
    """Verify a file, write it under a temporary name, then rename it."""
    found = data_set.digest_as_fetched(content)
    if found != data_set.digests[path.name]:
        raise InputError(
            f"the fetched {path.name} has {data_set.digest_name} {found}, "
            f"expected {data_set.digests[path.name]}"
        )
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".download-") as private:
        temporary = Path(private) / path.name
        temporary.write_bytes(content)
        os.replace(temporary, path)


def _one_line(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = [line for line in str(error.stderr).splitlines() if line.startswith("E:")]
        return lines[0] if lines else f"{error.cmd[0]} ended with status {error.returncode}"
    import urllib.error

    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        return str(error.reason)
    return str(error)
