"""A user's table of printed figures: read like the published one, every cell checked."""

import pytest
from support.printed_table import HEAD, published_rows, row, table

from analysis.printed.published import load_published
from analysis.printed.table import CHECKS, COLUMNS, read_printed
from runner.process import InputError

THREE = ("article", "lesson-copy-d", "lesson-2018")


def test_published_tables_given_as_a_user_s_file_are_the_same_sequences(tmp_path):
    path = table(tmp_path, *published_rows(*THREE))
    expected = [one for one in load_published() if one.source in THREE]
    assert len(expected) == 5
    assert read_printed(path) == expected
    assert set(CHECKS) == set(COLUMNS)


def test_the_longest_figure_of_a_column_has_its_precision(tmp_path):
    """A spreadsheet drops zeros: 0.6 among figures of four digits is 0.6000."""
    first, second = row(test_acc="0.6", train_acc=""), row(epoch="2", test_acc="0.6511")
    (found,) = read_printed(table(tmp_path, first, second))
    assert [(one.step, one.value, one.decimals) for one in found.figures] == [
        *[(1, 3.725, 4), (3, 3.725, 4)],
        (3, 0.4879, 4),
        *[(1, 0.6, 4), (3, 0.6511, 4)],
    ]
    assert found.differs == "numpy"


@pytest.mark.parametrize(
    ("framework", "rate", "literal", "division"),
    [
        ("python2.7", "1", "", "python2"),
        ("python2.7", "1.0", "1", "python2"),
        ("python2.7", "1", "1.0", "python3"),
        ("python3.6", "1", "1", "python3"),
    ],
)
def test_a_whole_literal_is_divided_as_its_python_does(
    tmp_path, framework, rate, literal, division
):
    cells = {"framework": framework, "learning_rate": rate, "literal": literal}
    (found,) = read_printed(table(tmp_path, row(**cells)))
    assert (found.division, found.still) == (division, division == "python2")


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            [row(learning_rate="-1")],
            "line 2: learning_rate must be a finite number above 0, got -1",
        ),
        ([row(learning_rate="fast")], "line 2: learning_rate must be a number, got fast"),
        ([row(literal="0.2")], "literal must be the learning rate as the program writes it, got "),
        ([row(loss="hinge")], "line 2: loss must be one of pick_log, "),
        ([row(loss="")], "line 2: loss must be one of pick_log, .* got nothing"),
        ([row(init_sigma="-1")], "line 2: init_sigma must be 0 or a number above it"),
        ([row(batch_size="0")], "line 2: batch_size must be a whole number from 1 to "),
        ([row(batch_size="2.5")], "line 2: batch_size must be a whole number, got 2.5"),
        ([row(mean_over="epochs")], "mean_over must be batches or examples, got epochs"),
        ([row(epoch="-1")], "line 2: epoch must be a whole number from 0 to "),
        ([row(), row()], "line 3: epoch must be above 0, that of the row above, got 0"),
        ([row(train_loss="-3.1")], "line 2: train_loss must be a number of at least 0 in plain "),
        ([row(test_acc="60.23")], "line 2: test_acc must be a share from 0 to 1 .* got 60.23"),
        ([row(test_acc="6e-1")], "line 2: test_acc must be a share .* got 6e-1"),
        ([row(train_acc="0.1234567891")], "train_acc .* at most 9 of them after the point"),
        ([row(train_acc="nan")], "line 2: train_acc must be a share from 0 to 1 .* got nan"),
        ([row(source="")], "line 2: source must be 1 to 100 characters of text, got nothing"),
        ([row(), row(epoch="1", batch_size="64")], "line 3: batch_size must be 256 as in the row "),
        ([row(train_loss="", train_acc="", test_acc="")], "line 2: one of train_loss, .* all are "),
        ([row() + ",1"], "line 2 has 14 of 13 cells"),
        ([], "mine.csv: it has no row"),
    ],
)
def test_a_wrong_cell_gives_one_line_with_row_column_and_what_is_expected(tmp_path, rows, line):
    with pytest.raises(InputError, match=line) as found:
        read_printed(table(tmp_path, *rows))
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (HEAD.replace("mean_over", "mean"), "it has no column mean_over; the columns are source, "),
        (HEAD.replace("epoch,", "epoch,note,"), "line 2: note is not one of the columns source"),
    ],
)
def test_a_table_of_other_columns_gives_one_line(tmp_path, head, line):
    note = row().replace(",0,3.7250", ",0,good,3.7250") if "note" in head else row()
    path = tmp_path / "mine.csv"
    path.write_text(f"{head}\n{note}\n")
    with pytest.raises(InputError, match=line):
        read_printed(path)
