"""`rounding=N`: a run's twin, which starts from the same parameters but for one last bit."""

import io

import numpy as np
from support.commands import client_of, runs_of
from support.typing_commands import SMALL

STACK = ("hydra/launcher=stacked", "hydra.launcher.n_jobs=1")


def parameters(folder, run):
    path = client_of(folder).download_artifacts(run.info.run_id, "parameters.npz", str(folder))
    with open(path, "rb") as file:
        return dict(np.load(io.BytesIO(file.read())))


def test_a_run_and_its_twin_train_together_and_the_twin_is_logged_named_and_repeated(
    lrstudy, folder, lrstudy_report
):
    words = ("-m", "rounding=0,4061", "lr=1", "loss=log_softmax", *STACK, *SMALL)
    assert lrstudy(*words).status == 0
    runs = {run.data.params.get("rounding"): run for run in runs_of(folder)}
    assert set(runs) == {None, "4061"}
    twin = runs["4061"]
    assert (twin.data.tags["stack_width"], twin.info.run_name[-14:]) == ("2", " rounding=4061")
    drawn, flipped = (parameters(folder, runs[one]) for one in (None, "4061"))
    assert np.argwhere(drawn["W0"] != flipped["W0"]).tolist() == [[406, 0]]
    assert abs(flipped["W0"][406, 0] / drawn["W0"][406, 0] - 1) < 1.2e-7
    np.testing.assert_array_equal(drawn["b0"], flipped["b0"])
    assert "\nIdentical: " in lrstudy(f"rerun={twin.info.run_id}").out

    assert lrstudy_report("--format", "md", "--output", "out").status == 0
    text = (folder / "out" / "report.md").read_text()
    assert "### The reproducibility horizon" in text
    assert "1 runs were trained again" not in text
    assert "1 run was trained again from the same weights" in text
    assert "| 1 | 0 (0 to 79 %) |" in text  # the twin is no further run of the setting
