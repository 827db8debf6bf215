"""The figures that were published: what they say, and of which step of which training."""

from analysis.printed.published import load_published


def test_a_printed_epoch_is_the_step_after_it(sequence):
    article = sequence("article", 0.1)
    assert article.steps == (1, 2, 3, 4, 5)
    first = {figure.metric: figure for figure in article.figures if figure.step == 1}
    assert first["train_loss_batch_mean"].value == 3.725043
    assert first["test_acc_batch_mean"].decimals == 6
    lesson = sequence("lesson-2018", 0.1)
    assert (lesson.steps, lesson.loss) == ((1, 5), "log_softmax")
    assert {(one.metric, one.decimals) for one in lesson.figures} == {
        ("train_loss", 4), ("train_acc", 3), ("test_acc", 3),
    }  # fmt: skip


def test_the_article_s_whole_learning_rate_was_divided_as_python_2_does():
    divisions = {(one.source, one.lr): one.division for one in load_published()}
    assert [key for key, division in divisions.items() if division == "python2"] == [
        ("article", 1.0)
    ]


def test_the_figures_of_a_printed_nan_are_not_compared(sequence):
    lost = sequence("lesson-copy-d", 0.5)
    assert (lost.steps, lost.diverged_step) == ((1, 4, 5), 4)
    assert {figure.step for figure in lost.figures} == {1}
