"""The frozen-model test of a user's table: the lattice of its data, and what cannot be judged."""

from support.printed_table import row, table

from analysis.printed.frozen.published import judge_printed
from analysis.printed.table import read_printed
from runner.data import Split


def frozen_row(examples, batch_size, last, epochs=((400, 30), (400, 31), (400, 33))):
    """Rows of a model of 400 right answers, so many of them in the last batch of each epoch."""
    batches = -(-examples // batch_size)
    return [
        row(
            epoch=str(epoch),
            batch_size=str(batch_size),
            train_acc=f"{((c - j) / batch_size + j / last) / batches:.6f}",
            test_acc="0.085840",
        )
        for epoch, (c, j) in enumerate(epochs)
    ]


def test_the_lattice_of_a_frozen_model_is_that_of_the_data_s_sizes(tmp_path):
    (found,) = read_printed(table(tmp_path, *frozen_row(2000, 256, 208)))
    (verdict,) = judge_printed([found], 2000, None).verdicts
    assert (verdict.frozen, verdict.p_value, verdict.lattice.steps) == (True, None, (0, 1, 3))
    (elsewhere,) = judge_printed([found], 2100, None).verdicts
    assert (elsewhere.frozen, elsewhere.p_value) == (False, 0)
    assert "no order of the examples turns a training accuracy" in elsewhere.impossible


def test_a_training_of_one_epoch_or_with_gaps_is_not_judged(tmp_path):
    rows = [row(), row(source="b", test_acc=""), row(source="b", epoch="1")]
    test = judge_printed(read_printed(table(tmp_path, *rows)), 2000, None)
    assert (test.verdicts, len(test.unjudged)) == ([], 2)


def test_a_spread_at_which_no_model_stays_finite_leaves_the_exact_parts(tmp_path, few, monkeypatch):
    monkeypatch.setattr("analysis.printed.frozen.published.MODELS", 20)
    rows = [one.replace(",1,256,", ",9,256,") for one in frozen_row(2000, 256, 208)]
    (found,) = read_printed(table(tmp_path, *rows))
    splits = tuple(Split(*one) for one in few)
    test = judge_printed([found], 2000, splits)
    assert found.init_sigma == 9
    assert ([one.p_value for one in test.verdicts], test.untrained) == ([None], {})
