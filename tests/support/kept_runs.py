"""Runs that were kept because their server went away, made without training."""

import hashlib

from runner.tracking import RunLog
from runner.tracking.kept import Header, keeping


def header(name, uri="http://127.0.0.1:5000", experiment="lr-study"):
    config_hash = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]
    return Header(uri, experiment, name, {"kind": "run", "config_hash": config_hash})


def keep(output, name, uri="http://127.0.0.1:5000", experiment="lr-study"):
    """Keep a small run in an output folder; its folder."""
    before = set(output.glob("kept*"))
    with keeping(output, header(name, uri, experiment)) as client:
        run_log = RunLog(client, "")
        run_log.log(params={"lr": 0.1}, metrics={1: {"test_acc": 0.5}}, tags={"outcome": "trained"})
        run_log.texts({"folder/file.txt": "text"})
    (kept,) = set(output.glob("kept*")) - before
    return kept
