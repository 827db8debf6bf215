"""Which setting is the best, and when nobody can say; by runs made by hand."""

from support.by_setting import contests_of, scattered, some_runs


def told(*groups):
    """Of each contest who takes part, who leads, and who are tied with it."""
    return [
        (one.among, one.name(one.ranking.best), [one.name(other) for other in one.ranking.tied])
        for one in contests_of(*groups)
    ]


def test_learning_rates_nobody_has_tried_before():
    (contest,) = contests_of(*(some_runs([lr] * 6, lr=lr) for lr in (0.03, 0.5, 0.2)))
    assert contest.among == "the article's loss at 0.5, 0.2 and 0.03"
    assert contest.name(contest.ranking.best) == "article's loss at 0.5"
    assert contest.ranking.claimed
    assert tuple(round(one, 6) for one in contest.ranking.lead) == (0.3, 0.3, 0.3)


def test_a_lucky_survivor_is_not_the_best():
    """One run at 0.9 and three that died are worth (0.9 + 0.3) / 4 = 0.3 on average."""
    lucky = some_runs([0.9, 0.1, 0.1, 0.1], lr=1.0)
    lucky.loc[1:, "outcome"] = "diverged"
    (contest,) = contests_of(lucky, some_runs([0.4] * 4))
    assert contest.name(contest.ranking.best) == "article's loss at 0.1"


def test_a_stalled_setting_takes_no_part():
    (contest,) = contests_of(some_runs([0.9, 0.9], "stalled", lr=1.0), some_runs([0.5, 0.6]))
    assert [one.keys["lr"] for one in contest.ranking.settings] == [0.1]


def test_nothing_learned_is_no_contest():
    assert contests_of(some_runs([0.1, 0.1], "diverged", lr=1.0)) == []


def test_the_best_of_all_settings_is_one_with_an_interval():
    """Batch size 64 is better on every seed; batch size 32 has the highest mean, of two runs."""
    *_, last = contests_of(
        some_runs([0.7, 0.72, 0.69, 0.7, 0.71, 0.7], batch_size=64),
        some_runs([0.5, 0.52, 0.51, 0.5, 0.49, 0.5, 0.5], batch_size=256),
        some_runs([0.9, 0.9], batch_size=32),
    )
    assert last.among == "all 2 settings with 5 runs or more"
    assert last.name(last.ranking.best) == "article's loss at 0.1, batch size 64"
    assert last.ranking.claimed


def test_fewer_than_two_settings_with_enough_runs_are_no_contest_of_all():
    few = (some_runs([0.7, 0.8], batch_size=64), some_runs([0.5, 0.6, 0.6], batch_size=256))
    assert told(*few) == [
        ("the article's loss at 0.1", "article's loss at 0.1", ["article's loss at 0.1"])
    ]


def test_each_form_is_ranked_over_its_own_rates_and_forms_over_common_ones():
    assert [
        (among, best)
        for among, best, _ in told(
            some_runs([0.5, 0.51, 0.52, 0.5, 0.49]),
            some_runs([0.3] * 5, lr=0.01),
            some_runs([0.6, 0.61, 0.62, 0.6, 0.59], loss="log_softmax"),
            some_runs([0.8] * 5, loss="log_softmax", lr=1.0),
        )
    ] == [
        ("the article's loss at 0.1 and 0.01", "article's loss at 0.1"),
        ("the stable loss at 1 and 0.1", "stable loss at 1"),
        ("the forms of the loss at 0.1", "stable loss at 0.1"),
        ("all 4 settings with 5 runs or more", "stable loss at 1"),
    ]


def test_forms_without_a_common_rate_are_not_compared():
    groups = (some_runs([0.5] * 5, lr=0.1), some_runs([0.8] * 5, lr=1.0, loss="log_softmax"))
    assert not any(one.of_forms for one in contests_of(*groups))


def test_a_rate_at_which_a_form_lost_every_run_is_one_that_forms_share():
    dead = some_runs([0.1] * 5, "diverged", lr=1.0)
    *_, last = contests_of(dead, some_runs([0.6] * 5, loss="log_softmax", lr=1.0))
    assert (last.among, last.of_forms) == ("the forms of the loss at 1", True)


def test_of_tied_settings_the_preferred_one_has_a_reason():
    risky = scattered(0.8, 0.02, lr=1.0)
    risky.loc[0, "outcome"] = "diverged"
    (safer,) = contests_of(risky, scattered(0.68, 0.02))
    assert (safer.name(safer.ranking.preferred), safer.reason) == (
        "article's loss at 0.1",
        "safest",
    )
    usual = {"data.train_limit": 1024, "epochs": 1}
    slow = scattered(0.71, 0.03, batch_size=64, **usual)
    *_, cheaper = contests_of(slow, some_runs([0.7] * 9, batch_size=256, **usual))
    assert (cheaper.name(cheaper.ranking.preferred), cheaper.reason) == (
        "article's loss at 0.1",
        "cheapest",
    )
    (alike,) = contests_of(scattered(0.7, 0.03, lr=1.0), scattered(0.69, 0.03)[::-1])
    assert alike.reason == "highest"
