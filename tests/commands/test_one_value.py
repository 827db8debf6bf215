"""One value gives one configuration, however the number was typed or computed."""

import re

from support.commands import TINY, runs_of

from analysis.reading import chosen, load_study

ALIKE = "0.30000000000000004"  # 0.1 + 2 * 0.1 in binary arithmetic, and so the end of a range
FIRST = r"Sweep \w{16}: 2 configurations, 2 to train, 0 finished before, 4 duplicates dropped\n"


def test_digits_of_binary_arithmetic_make_no_second_configuration(lrstudy, folder):
    near = "0.3000001"  # another value indeed
    words = ("-m", f"lr=0.3,{ALIKE},{near}", "init_sigma=0.1,0.10000000000000001", *TINY)
    planned = lrstudy(*words, "dry_run=true")
    assert "2 configurations, 2 to train, 4 duplicates dropped. About " in planned.out
    assert planned.out.endswith(" dry_run=true: nothing was trained.\n")
    first = lrstudy(*words)
    assert re.match(FIRST, first.out)
    assert {run.data.params["lr"] for run in runs_of(folder)} == {"0.3", near}
    rows = [line.split()[1] for line in first.out.splitlines() if line.startswith("│")]
    assert rows == ["0.3", near]
    again = lrstudy("-m", "lr=range(0.1,0.4,0.2)", "init_sigma=0.1", *TINY)
    assert "2 configurations, 1 to train, 1 finished before\n" in again.out
    study = load_study(uri=f"sqlite:///{folder}/mlflow.db")
    assert len(chosen(study, [], [f"lr={ALIKE}"]).runs) == 1


def test_a_run_from_before_floats_were_rounded_is_still_found_and_trained_again(
    lrstudy, folder, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr("runner.keys.rounded", lambda value: value)
        lrstudy(f"lr={ALIKE}", *TINY)
    (run,) = runs_of(folder)
    assert run.data.params["lr"] == ALIKE
    assert lrstudy(f"rerun={run.info.run_id}").out.splitlines()[-1].startswith("Identical: ")
    study = load_study(uri=f"sqlite:///{folder}/mlflow.db")
    for typed in ("0.3", ALIKE):
        assert len(chosen(study, [], [f"lr={typed}"]).runs) == 1
