"""Fashion-MNIST is fetched and verified; nothing here reaches the internet."""

import functools
import hashlib
import http.server
import multiprocessing
import os
import runpy
import stat
import threading

import pytest

from runner.data import FASHION_MNIST, fetch
from runner.process.errors import InputError

LABELS = FASHION_MNIST.files["test"][1]


REQUESTS = []  # what the server of the tests was asked for


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


def is_complete(folder):
    return all(
        hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, digest in FASHION_MNIST.digests.items()
    )


def test_missing_files_are_fetched_verified_and_named_last(cache, server, changed):
    changed("addresses", (server,))
    said = []
    assert fetch.fetch_files(said.append) == cache
    assert is_complete(cache)
    assert {path.name for path in cache.iterdir()} <= {*FASHION_MNIST.digests, ".lock"}
    assert "Fetching Fashion-MNIST" in said[0]
    said.clear()
    fetch.fetch_files(said.append)
    assert said == []


def test_an_address_that_lacks_the_files_is_followed_by_the_next(cache, server, changed):
    changed("addresses", (server + "nowhere/", server))
    said = []
    fetch.fetch_files(said.append)
    assert is_complete(cache)
    assert any("404" in line for line in said)


def test_a_download_that_breaks_off_is_followed_by_the_next_source(cache, server, changed):
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
        changed("addresses", (address, server))
        said = []
        fetch.fetch_files(said.append)
        broken.shutdown()
    assert is_complete(cache)
    assert any("IncompleteRead" in line for line in said)


def test_an_altered_download_is_refused_and_leaves_no_file(cache, server, monkeypatch, changed):
    changed("addresses", (server,))
    monkeypatch.setitem(FASHION_MNIST.digests, LABELS, "0" * 64)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match=f"the fetched {LABELS} has SHA-256 .*expected 0000"):
        fetch.fetch_files(lambda line: None)
    assert not (cache / LABELS).exists()


def test_debian_s_package_is_the_last_source(cache, official, monkeypatch, tmp_path, changed):
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
    changed("addresses", ())
    assert fetch.fetch_files(lambda line: None) == cache
    assert is_complete(cache)


def test_no_source_at_all_gives_one_line_with_every_reason(cache, monkeypatch, changed):
    changed("addresses", ("http://127.0.0.1:9/",))
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
    assert sorted(REQUESTS) == sorted(f"/{name}" for name in FASHION_MNIST.digests)


def test_the_module_as_a_command_says_where_the_files_are(official, capsys):
    runpy.run_module("runner.data", run_name="__main__")
    assert capsys.readouterr().out == f"Fashion-MNIST verified in {official}\n"
