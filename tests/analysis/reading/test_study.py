"""A study: its runs, its sweeps, and what is chosen of them."""

from support.typing_commands import SMALL

from analysis.reading.study import chosen, load_study, read_study
from runner.configuration import LATER_KEYS


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


def test_tables_of_an_earlier_report_get_the_keys_that_joined_later(two_sweeps, tmp_path):
    study = load_study("lr-study", f"sqlite:///{two_sweeps[0]}/mlflow.db")
    for name in ("runs", "epochs", "sweeps"):
        frame = getattr(study, name).drop(columns=list(LATER_KEYS), errors="ignore")
        frame.to_csv(tmp_path / f"{name}.csv", index=False, na_rep="nan")
    read = read_study(tmp_path)
    assert set(read.runs["draws"]) == set(read.epochs["draws"]) == {"mxnet"}
    assert set(read.runs["data.name"]) == {"fashion_mnist"}
    assert list(read.sweeps) == list(study.sweeps)
