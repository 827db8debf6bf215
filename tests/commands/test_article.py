"""`lrstudy-article`: what the article prints beside what comes out here."""

import hashlib
import re

import pytest
from support import reference
from support.typing_commands import type_command

from analysis.report import article
from runner import data
from runner.data import FASHION_MNIST_2017_08_26
from runner.draws import MACOS, initial_parameters


@pytest.fixture
def lrstudy_article(folder, capsys):
    return lambda *words: type_command(article.main, capsys, "lrstudy-article", *words)


def test_the_checks_that_need_no_training_are_printed_and_the_rest_is_told(lrstudy_article, splits):
    test_split = splits[1]
    images = test_split.images.reshape(-1, 784).astype(float)
    untrained = reference.probabilities(images, *initial_parameters(MACOS, 2, 1.0))
    answer = lrstudy_article()
    assert answer.status == 0
    first, *blocks, last = answer.out.strip().split("\n\n")
    assert first.startswith("The article had Fashion-MNIST of 26 August 2017, which is not on this")
    texts = {block.splitlines()[0]: block for block in blocks}
    assert len(texts) == 5
    labels = texts["first nine training labels"]
    assert re.search(r"printed  pullover, .*\n  here     ankle boot, .*\n  not: this is", labels)
    hits = untrained.argmax(axis=1) == test_split.labels
    assert hits.sum() == 1548  # as found before this program could draw them
    mean = reference.batch_mean(hits, 256)
    assert f"here     {mean:.8f}\n" in texts["test accuracy of the untrained model"]
    for row in (1, 2):
        softmax = texts[f"softmax of a random matrix, row {row}"]
        assert softmax.endswith("equal except in the last place of float32")
    assert last.endswith("lrstudy +experiment=article trains them")


def test_a_folder_of_the_article_s_upload_is_recognised_by_its_digests(
    lrstudy_article, folder, monkeypatch
):
    """The official files, whose digests stand in for those of the earlier upload."""
    for name in FASHION_MNIST_2017_08_26.digests:
        content = (data.locate() / name).read_bytes()
        (folder / name).write_bytes(content)
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        monkeypatch.setitem(FASHION_MNIST_2017_08_26.digests, name, digest)
    monkeypatch.setattr(data.files, "published", lambda: [FASHION_MNIST_2017_08_26])
    answer = lrstudy_article("--data", str(folder))
    assert answer.status == 0
    assert "not on this machine" not in answer.out


def test_a_folder_of_other_files_gives_one_line(lrstudy_article, folder):
    name = "train-labels-idx1-ubyte.gz"
    assert lrstudy_article("--data", str(folder)).err == (
        f"lrstudy-article: {folder / name} cannot be read: No such file or directory; "
        "give another folder\n"
    )
    (folder / name).write_bytes(b"something")
    answer = lrstudy_article("--data", str(folder))
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "is not the file of Fashion-MNIST or Fashion-MNIST of 26 August 2017" in answer.err
