"""A report of a store that nobody should trust: each text is shown, none is obeyed."""

import contextlib
import csv
import io
import os
import re
import subprocess

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from support.browser import Watched
from support.page import Page, explored_runs
from support.stored_runs import execute, log_run

from analysis.reading import load_study, read_study
from analysis.report import command as cli
from runner.process import one_line
from runner.tracking import open_tracking

FORMULA = "=cmd|' /C calc'!A0"
TEXTS = {
    "name": f"{FORMULA} <script>alert(1)</script>",
    "divergence_cause": "![x](http://evil.example/x.png) <img src=x onerror=alert(1)>",
    "mlflow.source.git.commit": "$(touch touched); touch touched #",
    "dirty": "true",
    "host": "[a](javascript:alert(1)) | a || b",
    "machine": "`touch touched` **bold** <b>bold</b>\n\n# heading\n\n```\n",
    "versions": "\x1b[31m<http://evil.example> &lt;i&gt; \u202eright to left",
    "mlflow.note.content": "**Diverged**. </script><script>alert(2)</script><b>dead</b>",
}
EXPERIMENT = "-x <img src=x onerror=alert(1)> | *bold* `x` $(touch touched)"
COMMANDS = (
    "touch touched",
    "lrstudy -m 'lr=1;touch touched' '$(touch touched)' '`touch touched`'",
    "lrstudy '\n```\ntouch touched\n'",
    "lrstudy 'never closed",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The folder of a store in which every text is hostile, and of its report; what was said."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(io.StringIO()) as said:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        fill(folder)
        patch.setattr("sys.argv", ["lrstudy-report", f"--experiment={EXPERIMENT}"])
        cli.main()
    return folder, said.getvalue()


def fill(folder):
    """Five runs with texts of every kind, four sweeps, and four runs whose values are no values."""
    tracking = open_tracking("sqlite:///mlflow.db", EXPERIMENT)
    name = TEXTS["name"]
    tags = {key: text for key, text in TEXTS.items() if key != "name"}
    for number, command in enumerate(COMMANDS):
        own = {"config_hash": f"a{number}", "sweep_id": f"b{number}"}
        log_run(tracking, name, tags=tags | own, params={"seed": number, "order_seed": number})
        sweep = {"kind": "sweep", "sweep_id": f"b{number}", "command": command}
        with tracking.run("sweep", {**tags, **sweep}) as run_log:
            run_log.texts({"plan.json": f'[{{"config_hash": "a{number}"}}]'})
    single = {"config_hash": "d", "mlflow.source.git.commit": "--orphan=touched"}
    log_run(tracking, name, tags=tags | single, params={"seed": 9, "order_seed": 9})
    for number, (key, text) in enumerate((("outcome", "<b>won</b>"), ("config_hash", "' or 1"))):
        log_run(tracking, name, tags={"config_hash": f"c{number}", key: text})
    log_run(tracking, tags={"config_hash": "e"}, params={"division": "<i>python4</i>"})
    run_id = log_run(tracking, tags={"config_hash": "f"})
    sql = "UPDATE params SET value = ? WHERE key = 'lr' AND run_uuid = ?"
    execute(folder, (sql, "\x1b[2J<script>\n", run_id))


def test_every_text_is_shown_and_none_is_obeyed(hostile):
    folder, said = hostile
    assert "\x1b" not in said
    lines = said.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("lrstudy-report: left out: MLflow run ") for line in lines)

    page = Page((folder / "report" / "index.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.tags].count("script") == 2  # ours: the runs, and what shows them
    assert not {tag for tag, _ in page.tags} & {"b", "i"}
    assert all(one.startswith("#") for one in page.addresses)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    for text in (*TEXTS.values(), EXPERIMENT, "<b>won</b>", "<i>python4</i>", "' or 1"):
        if text not in (TEXTS["mlflow.note.content"], TEXTS["mlflow.source.git.commit"]):
            assert squeezed(one_line(text, 8000)) in squeezed(page.text)
    assert TEXTS["mlflow.source.git.commit"][:12] in page.text  # cut like every commit

    report = (folder / "report" / "report.md").read_text(encoding="utf-8")
    github = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = [one for token in github.parse(report) for one in (token, *(token.children or []))]
    assert not {"html_block", "html_inline", "link_open", "s_open"} & {one.type for one in tokens}
    images = {str(one.attrs["src"]) for one in tokens if one.type == "image"}
    assert images
    assert all(re.fullmatch(r"figures/\w+\.svg", one) for one in images)
    headings = [tokens[n + 1].content for n, one in enumerate(tokens) if one.type == "heading_open"]
    assert "heading" not in headings
    assert not re.search(r"(?<!\\)://", re.sub(r"`[^`]*`", "", report))


@pytest.mark.browser
@pytest.mark.slow
def test_every_text_of_a_run_is_shown_when_it_is_explored_and_none_is_obeyed(hostile, chromium):
    path = hostile[0] / "report" / "index.html"
    sentence = TEXTS["mlflow.note.content"].removeprefix("**Diverged**. ")
    assert set(explored_runs(path.read_text(encoding="utf-8"))["sentence"]) == {sentence}
    with Watched(chromium, offline=True) as report:
        asked = []
        report.page.on("dialog", lambda dialog: asked.append(dialog) or dialog.dismiss())
        report.page.goto(path.as_uri())
        explorer = report.page.locator("#explorer")
        assert sentence in explorer.inner_text()
        assert explorer.locator("b, script, img").count() == 0
        assert (asked, report.errors) == ([], [])


def squeezed(text):
    return re.sub(r"\s+", " ", text).strip()


def test_the_commands_of_a_hostile_store_run_nothing(hostile):
    folder, _ = hostile
    report = (folder / "report" / "report.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```$", report, re.DOTALL | re.MULTILINE)
    programs = {line.split()[0] for block in blocks for line in block.splitlines()}
    assert programs == {"make", "lrstudy", "lrstudy-report"}
    here = folder / "clone"
    (here / ".venv" / "bin").mkdir(parents=True)
    (here / ".venv" / "bin" / "activate").touch()
    said = here / ".venv" / "said"
    for program in ("git", "make", "lrstudy", "lrstudy-report"):
        stub = here / ".venv" / "bin" / program
        stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "{program} $*" >> {said}\n')
        stub.chmod(0o755)
    path = f"{here / '.venv' / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", "\n".join(blocks)], cwd=here, check=True,
                          env={"PATH": path}, capture_output=True, text=True)  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")
    assert [one.name for one in here.iterdir()] == [".venv"]
    lines = said.read_text().splitlines()
    assert "lrstudy -m lr=1;touch touched $(touch touched) `touch touched`" in lines
    assert f"lrstudy-report --experiment={EXPERIMENT}" in lines


def test_the_tables_of_a_hostile_store_are_safe_and_read_back(hostile):
    folder, _ = hostile
    for name in ("runs", "epochs", "sweeps", "summary"):
        with (folder / "report" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        dangerous = [cell for cell in cells if re.match(r"[=+\-@\t\r\n]", cell)]
        assert [cell for cell in dangerous if not re.fullmatch(r"-[0-9.e+-]+", cell)] == []
    stored = load_study(EXPERIMENT, f"sqlite:///{folder / 'mlflow.db'}")
    assert set(stored.runs["name"]) == {TEXTS["name"]}
    found = read_study(folder / "report")
    for name in ("runs", "epochs", "sweeps"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(stored, name))
