"""What the form of the loss decides, in sentences and a picture."""

import pandas as pd
import pytest
from support.hand_made import article_run, epochs_of, evidence_of, some_runs
from support.rendered import rendered

from analysis.formatting import DASH
from analysis.sections.counterfactuals.figure import epochs_by_loss
from analysis.sections.counterfactuals.section import COUNTERFACTUALS, forms_beside_each_other


def test_the_table_says_how_often_when_and_of_what_runs_die():
    runs = pd.DataFrame(
        [
            *(
                article_run("pick_log", 1.0, seed, update=2, cause="exp_overflow")
                for seed in (1, 2, 3)
            ),
            *(article_run("pick_log", 0.1, seed) for seed in (1, 2, 3)),
            *(
                article_run("log_softmax", lr, seed, test_acc=lr)
                for lr in (1.0, 0.1)
                for seed in (1, 2, 3)
            ),
        ]
    )
    doomed = pd.DataFrame({"pick_log": [5, 0, 0], "log_softmax": [0, 0, 0]}, index=[1, 2, 3])
    section = forms_beside_each_other(runs, epochs_of(runs), doomed)
    assert section["finding"] == "At learning rate 1 only the stable loss has survivors."
    text = rendered(COUNTERFACTUALS, section)
    rows = [line for line in text.splitlines() if line.startswith(("| article's", "| stable"))]
    assert rows == [
        "| article's loss | 1 | 3 | 3 (44 to 100 %) | 2 (2 to 2) | exp overflows (3) | 1 of 3 |",
        f"| article's loss | 0.1 | 3 | 0 (0 to 56 %) | {DASH} | {DASH} | 1 of 3 |",
        f"| stable loss | 1 | 3 | 0 (0 to 56 %) | {DASH} | {DASH} | 0 of 3 |",
        f"| stable loss | 0.1 | 3 | 0 (0 to 56 %) | {DASH} | {DASH} | 0 of 3 |",
    ]
    head = next(line for line in text.splitlines() if line.startswith("| setting"))
    assert head.endswith("| of what | seeds at risk |")
    assert "</svg>" in section["picture"]


def test_no_seed_is_at_risk_in_another_dtype_than_that_in_which_it_was_counted():
    runs = pd.DataFrame(
        [
            article_run(loss, 1.0, seed) | {"dtype": dtype, "run_id": f"{loss} {dtype} {seed}"}
            for loss in ("pick_log", "log_softmax")
            for dtype in ("float32", "float64")
            for seed in (1, 2, 3)
        ]
    )
    doomed = pd.DataFrame({"pick_log": [5, 0, 0], "log_softmax": [0, 0, 0]}, index=[1, 2, 3])
    section = forms_beside_each_other(runs, epochs_of(runs), doomed)
    lines = rendered(COUNTERFACTUALS, section).splitlines()
    last = {line.split(" | ")[0]: line.split(" | ")[-1] for line in lines if "loss" in line}
    assert last["| article's loss"] == "1 of 3 |"
    assert last["| article's loss, in float64"] == f"{DASH} |"


def test_one_loss_alone_has_no_counterfactual():
    runs = pd.DataFrame([article_run("pick_log", lr, 1) for lr in (1.0, 0.1)])
    assert COUNTERFACTUALS.make(evidence_of(runs, epochs_of(runs))) == (
        "forms of the loss beside each other: the article's settings were run with one at most"
    )


@pytest.mark.parametrize("lost", [(), (1.0,), (1.0, 0.1)])
def test_the_picture_is_drawn_whoever_survives(lost, panels):
    runs, epochs = some_runs([1.0, 0.1], 6, lost)
    other, more = some_runs([1.0, 0.1], 6, loss="log_softmax")
    assert panels(epochs_by_loss(pd.concat([runs, other]), pd.concat([epochs, more]))) == 2
