"""Fashion-MNIST is found, fetched and verified; nothing here reaches the internet."""

import functools
import gzip
import hashlib
import http.server
import multiprocessing
import os
import stat
import struct
import threading

import numpy as np
import pytest

from runner.data import FASHION_MNIST, fetch, files
from runner.data.idx import parse_idx
from runner.process.errors import InputError

IMAGES, LABELS = FASHION_MNIST.files["test"]
REQUESTS = []  # what the server of the tests was asked for


@pytest.fixture(scope="session")
def official():
    """The folder of the verified files."""
    return files.locate()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and no Debian folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    changed(monkeypatch, "debian_folder", tmp_path / "usr/share/datasets/fashion-mnist")
    return files.cache_folder()


@pytest.fixture
def server(official):
    """The address of a server on this machine that has the official files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            REQUESTS.append(self.path)

    handler = functools.partial(Quiet, directory=official)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


def changed(monkeypatch, name, value):
    """Another value of a field of the data set, while the test runs."""
    monkeypatch.setitem(FASHION_MNIST.__dict__, name, value)


def put_files(official, folder):
    folder.mkdir(parents=True)
    for name in FASHION_MNIST.sha256:
        (folder / name).symlink_to(official / name)


def is_complete(folder):
    return all(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, digest in FASHION_MNIST.sha256.items()
    )


def test_images_are_float32_from_0_to_1_and_labels_float32(splits):
    for split, count in zip(splits, (60_000, 10_000), strict=True):
        assert split.images.shape == (count, 28, 28)
        assert split.images.dtype == split.labels.dtype == np.float32
        assert (split.images.min(), split.images.max()) == (0, 1)
        np.testing.assert_array_equal(np.bincount(split.labels.astype(int)), [count // 10] * 10)


def test_the_official_file_s_first_training_label_is_9_an_ankle_boot(splits):
    assert FASHION_MNIST.labels[int(splits[0].labels[0])] == "ankle boot"


def test_pixels_are_the_bytes_divided_by_255(splits, official):
    content = gzip.decompress((official / IMAGES).read_bytes())
    pixels = np.frombuffer(content, np.uint8)[16:].reshape(-1, 28, 28)
    np.testing.assert_array_equal(splits[1].images, pixels.astype(np.float32) / np.float32(255))


def test_the_cache_folder_comes_before_debian_s_and_root_before_both(cache, official, tmp_path):
    assert files.locate() is None
    put_files(official, FASHION_MNIST.debian_folder)
    assert files.locate() == FASHION_MNIST.debian_folder
    put_files(official, cache)
    assert files.locate() == cache
    root = tmp_path / "root"
    put_files(official, root)
    assert files.locate(str(root)) == root


def test_a_root_that_lacks_a_file_is_not_searched_past(cache, official, tmp_path):
    put_files(official, cache)
    root = tmp_path / "root"
    put_files(official, root)
    (root / LABELS).unlink()
    with pytest.raises(InputError, match=f"{root / LABELS} is missing: .*copy it there"):
        files.locate(str(root))


def test_without_files_load_says_how_to_fetch_and_does_not(cache):
    with pytest.raises(InputError, match=r"not found in .*; run 'python -m runner.data.fetch'"):
        files.load()
    assert not cache.exists()


@pytest.mark.parametrize("damage", ["truncated", "altered"])
def test_a_damaged_file_is_named_with_what_was_expected_and_found(official, tmp_path, damage):
    content = bytearray((official / LABELS).read_bytes())
    if damage == "truncated":
        del content[-100:]
    else:
        content[-100] ^= 1
    root = tmp_path / "root"
    put_files(official, root)
    (root / LABELS).unlink()
    (root / LABELS).write_bytes(content)
    with pytest.raises(InputError) as caught:
        files.load(str(root))
    line = str(caught.value)
    assert "\n" not in line
    for part in (root / LABELS, FASHION_MNIST.sha256[LABELS], hashlib.sha256(content).hexdigest()):
        assert str(part) in line
    assert "replace it by the official file" in line


def test_a_damaged_file_in_the_cache_is_to_be_deleted(cache, official):
    put_files(official, cache)
    (cache / LABELS).unlink()
    (cache / LABELS).write_bytes(b"")
    with pytest.raises(InputError, match=r"delete t10k-labels-idx1-ubyte.gz there"):
        files.load()


def idx(shape, values, magic=b"\0\0\x08"):
    return magic + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(values)


def test_an_idx_file_becomes_an_array_of_its_shape():
    np.testing.assert_array_equal(parse_idx(idx((2, 3), range(6)), "file"), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (idx((2, 3), range(5)), "announces 2 x 3 bytes, found 5"),
        (idx((2, 3), range(7)), "announces 2 x 3 bytes, found 7"),
        (idx((2, 3), range(6), magic=b"\0\0\x0d"), "not an IDX file of bytes"),
        (idx((2, 3), [])[:9], "not an IDX file of bytes"),
        (b"", "found nothing"),
    ],
)
def test_an_idx_header_must_agree_with_the_length(content, complaint):
    with pytest.raises(InputError, match=complaint):
        parse_idx(content, "file")


def test_missing_files_are_fetched_verified_and_named_last(cache, server, monkeypatch):
    changed(monkeypatch, "addresses", (server,))
    said = []
    assert fetch.fetch_files(said.append) == cache
    assert is_complete(cache)
    assert {path.name for path in cache.iterdir()} <= {*FASHION_MNIST.sha256, ".lock"}
    assert "Fetching Fashion-MNIST" in said[0]
    said.clear()
    fetch.fetch_files(said.append)
    assert said == []


def test_an_address_that_lacks_the_files_is_followed_by_the_next(cache, server, monkeypatch):
    changed(monkeypatch, "addresses", (server + "nowhere/", server))
    said = []
    fetch.fetch_files(said.append)
    assert is_complete(cache)
    assert any("404" in line for line in said)


def test_a_download_that_breaks_off_is_followed_by_the_next_source(cache, server, monkeypatch):
    class BreaksOff(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # the standard library's name
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"the beginning")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), BreaksOff) as broken:
        threading.Thread(target=broken.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{broken.server_port}/"
        changed(monkeypatch, "addresses", (address, server))
        said = []
        fetch.fetch_files(said.append)
        broken.shutdown()
    assert is_complete(cache)
    assert any("IncompleteRead" in line for line in said)


def test_an_altered_download_is_refused_and_leaves_no_file(cache, server, monkeypatch):
    changed(monkeypatch, "addresses", (server,))
    monkeypatch.setitem(FASHION_MNIST.sha256, LABELS, "0" * 64)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match=f"{LABELS} there has SHA-256 .*expected 0000"):
        fetch.fetch_files(lambda line: None)
    assert not (cache / LABELS).exists()


def test_debian_s_package_is_the_last_source(cache, official, monkeypatch, tmp_path):
    debian = f'"$3{FASHION_MNIST.debian_folder}"'
    unpack = f"mkdir -p {debian} && cp {official}/*.gz {debian}"
    programs = {
        "apt-get": 'for last; do :; done; if [ "$last" != update ]; then touch "$last.deb"; fi',
        "dpkg-deb": unpack,
    }
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    changed(monkeypatch, "addresses", ())
    assert fetch.fetch_files(lambda line: None) == cache
    assert is_complete(cache)


def test_no_source_at_all_gives_one_line_with_every_reason(cache, monkeypatch):
    changed(monkeypatch, "addresses", ("http://127.0.0.1:9/",))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        InputError, match=r"could not be fetched .*127.0.0.1:9.*; .*apt-get"
    ) as caught:
        fetch.fetch_files(lambda line: None)
    assert "\n" not in str(caught.value)


def test_a_cache_folder_that_cannot_be_made_gives_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot be written: .*set XDG_CACHE_HOME"):
        fetch.fetch_files(lambda line: None)


def fetch_in_another_process(server, cache_home):
    os.environ["XDG_CACHE_HOME"] = cache_home
    object.__setattr__(FASHION_MNIST, "addresses", (server,))
    fetch.fetch_files(lambda line: None)


def test_two_processes_that_fetch_at_once_do_not_harm_each_other(cache, server, tmp_path):
    REQUESTS.clear()
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=fetch_in_another_process, args=(server, str(tmp_path / "cache")))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert is_complete(cache)
    assert sorted(REQUESTS) == sorted(f"/{name}" for name in FASHION_MNIST.sha256)


def test_the_module_as_a_command_says_where_the_files_are(official, capsys):
    fetch.main()
    assert capsys.readouterr().out == f"Fashion-MNIST verified in {official}\n"
