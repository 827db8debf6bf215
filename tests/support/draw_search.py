"""Which draw printed the article's rows of learning rates 1 and 0.01? A search, run by hand.

docs/published.md has what it found.
By hand: PYTHONPATH=.:tests .venv/bin/python -m support.draw_search MINUTES (of CPU).

The row of 1 is an untrained model's, so its loss and accuracies are forward passes of the right
parameters; that of 0.01 is nearly decided by them, and the first epoch is trained. Tolerances allow
for another order and another upload, as the row of 0.1 shows that they must.
"""

import itertools
import sys
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from support.columns import Column
from support.reference import batch_mean

from analysis.printed import load_published
from runner import data
from runner.draws import LINUX, MACOS, Generators
from runner.training import train

SEEDS, LATER, LONG = 2500, 3, 300
"""Seeds and their first draws of W and b; further draws of the article's two seeds."""

DECOYS = range(10**6, 10**6 + 100)
"""Seeds that nobody types: what matches among them matches by chance."""

LOST = 89.5
"""A gap between logits above which 1/p overflows surely, so that the model would have died."""

FIRST = 2000
"""Images of the first sieve."""

SOME = 150
"""Draws that are looked at before those that the sieve left are trained, in one stack."""


class Draw(NamedTuple):
    """The `number`-th draw of W and b of a seed, from 0, after the first the check of softmax."""

    library: object
    seed: int
    number: int
    W: np.ndarray
    b: np.ndarray

    @property
    def name(self):
        return f"{self.library.title}, seed {self.seed}, draw {self.number}"


@dataclass(frozen=True)
class Row:
    """What was printed of one epoch, and how near a match must come: loss relative to its own."""

    loss: float
    train_acc: float
    test_acc: float
    tolerances: tuple[float, float, float]

    def near(self, loss, train_acc, test_acc):
        found = (loss / self.loss - 1, train_acc - self.train_acc, test_acc - self.test_acc)
        return all(abs(one) < most for one, most in zip(found, self.tolerances, strict=True))

    def expected(self, figures):
        """The chance that another draw comes so near, of a normal distribution of `figures`."""
        sample = np.array([(np.log(loss), *rest) for loss, *rest in figures])[:, :2]
        target = np.array([np.log(self.loss), self.train_acc])
        mean, covariance = sample.mean(axis=0), np.cov(sample.T)
        square = (target - mean) @ np.linalg.solve(covariance, target - mean)
        density = np.exp(-square / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
        return density * 4 * self.tolerances[0] * self.tolerances[1]


def printed(lr):
    """The printed figures (epochs, 3) of a row of the article."""
    (row,) = (one for one in load_published() if (one.source, one.lr) == ("article", lr))
    return np.array([figure.value for figure in row.figures]).reshape(3, -1).T


def draws(library, seed, count):
    generators = Generators(library, seed)
    for number in range(count):
        yield Draw(library, seed, number, generators.normal((784, 10)), generators.normal((10,)))
        if number == 0:
            generators.normal((2, 5))


def candidates():
    """The article's seeds in depth first, then other seeds."""
    for seed, library in itertools.product((2, 1), (MACOS, LINUX)):
        yield from draws(library, seed, LONG)
    for seed in range(SEEDS):
        for library in (MACOS, LINUX):
            if seed not in (1, 2):
                yield from draws(library, seed, LATER)


def decoys():
    for seed in DECOYS:
        yield from draws((MACOS, LINUX)[seed % 2], seed, LATER)


class Search:
    """Looks at draws one by one, and trains those that the sieve leaves in stacks."""

    def __init__(self):
        self.train_split, self.test_split = data.load()
        self.sides = [
            (split.images.reshape(-1, 784), split.labels.astype(int))
            for split in (self.train_split, self.test_split)
        ]
        frozen, slow = printed(1.0).mean(axis=0), printed(0.01)
        self.frozen = Row(*frozen, (0.003, 0.0015, 0.008))
        self.slow, self.slow_losses = Row(*slow[0], (0.005, 0.003, 0.012)), slow[:, 0]
        self.seen, self.trained, self.waiting = 0, 0, []

    def untrained(self, draw, count):
        """Loss, accuracies and the largest gap of an untrained model, of the first images."""
        figures = []
        for images, labels in self.sides:
            logits = images[:count] @ draw.W + draw.b
            rows, labels = np.arange(len(logits)), labels[:count]
            largest = logits.max(axis=1, keepdims=True)
            sums = np.log(np.exp(logits - largest).sum(axis=1)) + largest[:, 0]
            losses, hits = sums - logits[rows, labels], logits.argmax(axis=1) == labels
            figures.append(
                (losses.mean(), batch_mean(hits, 256), (sums - logits.min(axis=1)).max())
            )
        (loss, train_acc, gap), (_, test_acc, _) = figures
        return (float(loss), train_acc, test_acc), gap

    def look_at(self, draw):
        self.seen += 1
        (loss, train_acc, _), gap = self.untrained(draw, FIRST)
        if gap > LOST:
            return
        if (
            abs(loss / self.frozen.loss - 1) < 0.05
            and abs(train_acc - self.frozen.train_acc) < 0.03
        ):
            figures, gap = self.untrained(draw, None)
            if gap < LOST and self.frozen.near(*figures):
                self.tell("1", draw, *figures)
        if 14 < loss < 27:
            self.waiting.append(draw)

    def train_waiting(self):
        if not self.waiting:
            return
        for draw, figures in zip(self.waiting, self.first_epochs(self.waiting), strict=True):
            if self.slow.near(*figures):
                losses = [one[0] for one in self.epochs([draw], 5)[0]]
                away = float(np.abs(np.array(losses) / self.slow_losses - 1).max())
                self.tell("0.01", draw, *figures, away)
        self.trained += len(self.waiting)
        self.waiting = []

    def tell(self, row, draw, *figures):
        """A match: loss, accuracies and, of 0.01, the largest difference of five losses."""
        print(f"row of {row}: {draw.name}: {[round(float(one), 6) for one in figures]}", flush=True)

    def first_epochs(self, several):
        return [epochs[0] for epochs in self.epochs(several, 1)]

    def epochs(self, several, count, order_seed=0):
        """The printed three figures of each draw and epoch at learning rate 0.01."""
        columns = [Column(0.01 / 256, one.W, one.b, stop_on_divergence=False) for one in several]
        keys = {"batch_size": 256, "epochs": count, "order_seed": order_seed, "loss": "log_softmax"}
        _, *records = train(self.train_split, self.test_split, columns, **keys)
        names = ("train_loss_batch_mean", "train_acc_batch_mean", "test_acc_batch_mean")
        each = zip(*records, strict=True)
        return [[[record.metrics[name] for name in names] for record in one] for one in each]


def main(minutes):
    started = time.process_time()
    search = Search()

    # What chance does, stated before the search: from 120 draws that nobody made.
    pilot = list(itertools.islice(decoys(), 120))
    untrained = [search.untrained(draw, None) for draw in pilot]
    alive = [
        (draw, figures) for draw, (figures, gap) in zip(pilot, untrained, strict=True) if gap < LOST
    ]
    share = len(alive) / len(pilot)
    frozen = share * search.frozen.expected([figures for _, figures in alive])
    slow = share * search.slow.expected(search.first_epochs([draw for draw, _ in alive][:60]))
    print(f"{share:.2f} of {len(pilot)} decoys would survive; chance of a match of one draw:")
    print(f"row of 1 {frozen:.1e}, first epoch of 0.01 {slow:.1e}", flush=True)

    # A row printed by the first survivor in another order must be found.
    first, other = (search.epochs([alive[0][0]], 1, order)[0][0] for order in (0, 1))
    row = Row(*other, search.slow.tolerances)
    print(f"control: one draw in two orders, loss {first[0]:.4f} and {other[0]:.4f}: "
          f"{'found' if row.near(*first) else 'not found'}")  # fmt: skip

    for name, several in (("decoys", decoys()), ("candidates", candidates())):
        search.seen, search.trained = 0, 0
        while time.process_time() - started < 60 * minutes:
            some = list(itertools.islice(several, SOME))
            if not some:
                break
            for draw in some:
                search.look_at(draw)
            search.train_waiting()
            print(
                f"{name}: {search.seen} draws, {search.trained} trained, the last {some[-1].name}; "
                f"by chance {search.seen * frozen:.2f} and {search.seen * slow:.2f} matches; "
                f"{(time.process_time() - started) / 60:.1f} minutes of CPU",
                flush=True,
            )


if __name__ == "__main__":
    main(float(sys.argv[1]))
