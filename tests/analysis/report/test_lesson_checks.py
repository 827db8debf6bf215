"""The lesson's checks: figures of rows, by hand-made runs."""

from support.own_run import own_runs

from analysis.report.lesson_checks import EXPLAINED, check_of_predictions, checks_of_rows
from runner.data import FASHION_MNIST


def verdicts(runs, epochs):
    return {one.what: (one.here, one.verdict) for one in checks_of_rows(runs, epochs)}


def test_a_row_amid_the_orders_is_explained_and_one_further_away_is_not():
    key = "learning rate 0.1, loss of epochs 1 to 5"
    amid, away = (verdicts(*own_runs(8, away=away))[key] for away in (0.0, 0.02))
    assert amid[1] == EXPLAINED
    assert amid[0].endswith("mean of 8 of 10 orders")
    assert away[1] == "not; at most 2 % away"


def test_a_row_whose_orders_all_died_or_were_not_trained_is_not_explained():
    runs, epochs = own_runs(8)
    key = "learning rate 1, test accuracy of epochs 1 to 5"
    assert verdicts(runs, epochs)[key] == ("nan", "not: the loss became nan in all of 10 orders")
    assert verdicts(runs[runs["lr"] == 0.1], epochs)[key] == (
        "nothing trained", "not tried: lrstudy +experiment=article trains it"
    )  # fmt: skip
    assert (
        "fewer than 5 orders survived"
        in verdicts(*own_runs(3))["learning rate 0.1, loss of epochs 1 to 5"][1]
    )


def test_it_is_said_that_the_printed_predictions_are_not_known():
    one = check_of_predictions(own_runs(0)[0], None, FASHION_MNIST, None)
    assert one.printed.startswith("not known to this program")
    assert one.here == "no model of its row survived"
