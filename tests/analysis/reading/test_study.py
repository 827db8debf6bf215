"""A study: its runs, its sweeps, and what is chosen of them."""

from support.typing_commands import SMALL

from analysis.reading.study import chosen, load_study


def test_runs_are_chosen_by_sweep_and_by_values(two_sweeps):
    place, ids = two_sweeps
    study = load_study("lr-study", f"sqlite:///{place}/mlflow.db")
    assert len(study.runs) == 16
    one = chosen(study, [ids["pick_log"]], [])
    assert set(one.runs["loss"]) == {"pick_log"}
    assert list(one.sweeps["sweep_id"]) == [ids["pick_log"]]
    assert set(one.epochs["run_id"]) == set(one.runs["run_id"])
    assert len(chosen(study, list(ids.values()), []).runs) == 16
    some = chosen(study, [], ["lr=0.1", "batch_size=64,128"])
    assert set(some.runs["lr"]) == {0.1}
    assert set(some.runs["batch_size"]) == {64}
    assert len(some.runs) == 4
    assert some.filters == ("lr 0.1", "batch_size 64,128")


def test_runs_that_a_sweep_found_finished_belong_to_it(lrstudy):
    lrstudy("-m", "lr=0.1", "seed=1,2", *SMALL)
    lrstudy("-m", "lr=0.1", "seed=1,2,3", *SMALL)
    study = load_study("lr-study", None)
    assert list(study.runs["sweep_id"]) != [study.sweeps["sweep_id"][1]] * 3
    assert len(study.runs[study.of_sweep(study.sweeps["sweep_id"][1])]) == 3
    assert len(study.runs[study.of_sweep(study.sweeps["sweep_id"][0])]) == 2
