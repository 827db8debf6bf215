"""What somebody adds to a list: a form of the loss, a data set, a launcher, a section."""

import gzip
import hashlib
import json
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from support.commands import runs_of

pytestmark = pytest.mark.slow

FORM = """
    from runner.losses import LOSSES
    from runner.losses.log_softmax import LogSoftmax

    class Halved(LogSoftmax):
        name, title, formula = "halved", "half the stable loss", "half of log_softmax"

        def cross_entropy(self, F, scores, y):
            return super().cross_entropy(F, scores, y) / 2

        def stacked_step(self, F, logits, labels, step_sizes, *sizes):
            scores, step = super().stacked_step(F, logits, labels, step_sizes, *sizes)
            return scores, step / 2

        def stacked_losses(self, F, scores, labels, largest):
            return super().stacked_losses(F, scores, labels, largest) / 2

    LOSSES["halved"] = Halved()
"""

DATA_SET = """
    import json
    from dataclasses import replace
    from runner.data import DATA_SETS, FASHION_MNIST

    DATA_SETS["made_up"] = replace(
        FASHION_MNIST,
        name="made_up",
        title="Made up",
        digests=json.load(open("digests.json")),
        examples={"train": 300, "test": 60},
        labels=tuple("abcdefghij"),
    )
"""

LAUNCHER = """
    from dataclasses import dataclass
    from pathlib import Path
    from hydra.core.utils import run_job
    from runner.launchers import LAUNCHERS, Launcher
    from runner.launchers.launcher import Settings

    @dataclass
    class BackwardsSettings(Settings):
        kind: str = "backwards"
        greeting: str = "none"

    def launch(jobs, greeting):
        print(greeting)
        results = []
        for number in reversed(range(len(jobs.overrides))):
            cfg = jobs.compose(number)
            Path(cfg.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
            results.insert(0, run_job(jobs.task, cfg, "hydra.sweep.dir", "hydra.sweep.subdir",
                                      hydra_context=jobs.context))
        return results

    LAUNCHERS["backwards"] = Launcher("backwards", "the last run first", BackwardsSettings, launch)
"""

SECTION = """
    from analysis.sections import SECTIONS, Section

    def make(evidence):
        seeds = evidence.runs["seed"].nunique()
        if seeds == 1:
            return "seeds beside each other: there is only one"
        return {"picture": "<svg>made up</svg>", "seeds": seeds}

    FIGURE = '''
    {% from "macros.md.j2" import figure %}
    ### A figure of seeds

    {% call figure("made_up", section.number, "No seed") %}
    There are {{ section.seeds }} {{ section.seeds | plural("seed") }}.
    {% endcall %}
    '''

    TABLE = '''
    ### A table of seeds

    | seeds |
    |---:|
    | {{ section.seeds | figure(1) }} |
    '''

    SECTIONS.append(Section("made_up", make, FIGURE, TABLE))
"""

SMALL = ("epochs=1", "data.train_limit=300", "data.test_limit=60")


def lrstudy_with(joined, folder, *words):
    """`lrstudy WORDS` in a process whose lists hold one more; its output."""
    command = "\nfrom runner.commands import lrstudy\nlrstudy.main()\n"
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(joined) + command, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_form_of_the_loss_that_is_joined_trains_and_stands_in_the_help(folder):
    assert re.search("halved +half of log_softmax", lrstudy_with(FORM, folder, "--help"))
    lrstudy_with(FORM, folder, "-m", "loss=log_softmax,halved", "seed=1", *SMALL)
    halved, whole = (
        next(run for run in runs_of(folder) if run.data.params["loss"] == loss).data.metrics
        for loss in ("halved", "log_softmax")
    )
    assert halved["train_loss"] < 0.7 * whole["train_loss"]
    assert halved["test_loss"] != whole["test_loss"]


def test_a_data_set_that_is_joined_is_chosen_by_its_name(folder):
    draw = np.random.RandomState(0)
    digests = {}
    for kind, count in (("train", 300), ("t10k", 60)):
        labels = np.arange(count, dtype=np.uint8) % 10
        images = draw.randint(0, 256, (count, 28, 28)).astype(np.uint8)
        for name, array in ((f"{kind}-images-idx3", images), (f"{kind}-labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
            content = gzip.compress(header + array.tobytes(), mtime=0)
            (folder / f"{name}-ubyte.gz").write_bytes(content)
            digests[f"{name}-ubyte.gz"] = hashlib.sha256(content).hexdigest()
    (folder / "digests.json").write_text(json.dumps(digests))
    out = lrstudy_with(DATA_SET, folder, "data=made_up", f"data.root={folder}", "epochs=1")
    assert out.startswith("pick_log sigma=1 lr=0.1 bs=256 seed=2 epochs=1 data.name=made_up")
    (run,) = runs_of(folder)
    assert run.data.params["data.name"] == "made_up"
    assert run.data.params["data.train_limit"] == "300"
    assert {one.dataset.name for one in run.inputs.dataset_inputs} == {
        "made-up-train", "made-up-test"
    }  # fmt: skip


def test_a_launcher_that_is_joined_runs_the_jobs_of_a_sweep(folder):
    assert "backwards       the last run first" in lrstudy_with(LAUNCHER, folder, "--help")
    words = ("hydra/launcher=backwards", "hydra.launcher.greeting=hello")
    out = lrstudy_with(LAUNCHER, folder, "-m", "seed=1,2", *words, *SMALL)
    assert "hello" in out
    assert out.index("pick_log sigma=1 lr=0.1 bs=256 seed=2") < out.index(
        "pick_log sigma=1 lr=0.1 bs=256 seed=1"
    )
    assert len(runs_of(folder, status="FINISHED")) == 2


def test_a_section_that_is_joined_stands_in_the_report_or_is_left_out_with_its_reason(
    study, tmp_path
):
    def report_with(section, folder, *words):
        command = "\nfrom analysis.report import main\nmain()\n"
        output = ("--uri", f"sqlite:///{study}/mlflow.db", "--output", str(folder))
        result = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(section) + command, *output, *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return (folder / "report.md").read_text()

    whole, part = tmp_path / "whole", tmp_path / "part"
    figures, tables = report_with(SECTION, whole).split("## Tables")
    number = figures.count("**Figure ")
    assert (
        "### A figure of seeds\n\n![No seed](figures/made_up.svg)\\\n"
        f"**Figure {number}.** There are 2 seeds.\n"
    ) in figures
    assert "### A table of seeds\n\n| seeds |\n|---:|\n| 2.0 |\n\n## Appendix" in tables
    assert (whole / "figures" / "made_up.svg").read_text() == "<svg>made up</svg>"
    page = (whole / "index.html").read_text()
    assert '<h3 id="a-figure-of-seeds">' in page
    assert '<h3 id="a-table-of-seeds">' in page
    assert "Seeds beside each other" not in figures

    text = report_with(SECTION, part, "--where", "seed=1")
    left_out = text.split("### Left out")[1].split("\n## ")[0]
    assert left_out.rstrip().endswith("\n- Seeds beside each other: there is only one.")
    assert "### A figure of seeds" not in text
    assert "### A table of seeds" not in text
    assert not (part / "figures" / "made_up.svg").exists()
