"""A user's table of printed figures."""

from analysis.printed.published import PUBLISHED

HEAD, *ROWS = PUBLISHED.read_text().splitlines()

ROW = {
    "source": "mine",
    "framework": "numpy",
    "learning_rate": "0.1",
    "literal": "",
    "loss": "pick_log",
    "init_sigma": "1",
    "batch_size": "256",
    "mean_over": "batches",
    "differs": "",
    "epoch": "0",
    "train_loss": "3.7250",
    "train_acc": "0.4879",
    "test_acc": "0.6023",
}


def row(**cells):
    """A row of somebody's training but for these cells."""
    return ",".join((ROW | cells).values())


def published_rows(*sources):
    """The rows of the published table of these sources."""
    return [one for one in ROWS if one.partition(",")[0] in sources]


def table(folder, *rows):
    """A file `mine.csv` in a folder with these rows."""
    path = folder / "mine.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    return path
