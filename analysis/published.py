"""The printed figures that the study is compared with.

Source: `published.csv`, copied by hand from the article of February 2018, from copies of the
lesson that others ran, from the lesson's later text, and from two ports to PyTorch. `epoch`
counts from 0 as printed: epoch e there is our step e + 1.
"""

from importlib import resources

import pandas as pd


def load_published() -> pd.DataFrame:
    """All printed figures, one row per source, learning rate and epoch.

    Columns: `source`, `framework`, `learning_rate`, `literal` (as written in the program),
    `loss`, `init_sigma`, `batch_size`, `epoch`, `train_loss`, `train_acc`, `test_acc`.
    """
    with resources.files("analysis").joinpath("published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def article_final() -> pd.DataFrame:
    """The article's last printed epoch of each learning rate, by `lr`."""
    published = load_published()
    article = published[published["source"] == "article"].sort_values("epoch")
    final = article.groupby("learning_rate").last()
    return final[["train_loss", "train_acc", "test_acc"]].rename_axis("lr")
