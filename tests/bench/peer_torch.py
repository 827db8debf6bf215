"""Softmax regression in PyTorch with autograd: one configuration, or columns of one matrix."""

import os
import sys

import numpy as np
import torch
from torch.nn.functional import cross_entropy, linear

from bench.serve import SEED, Arrays, batch_mean, batches, serve


def cross_entropy_pick_log(logits, y):
    """The article's form: the log of every class's probability, then the label's."""
    exp = torch.exp(logits)
    log_yhat = torch.log(exp / exp.sum(dim=-1, keepdim=True))
    return -log_yhat.gather(-1, y[:, None])[:, 0]


FORMS = {
    "log_softmax": lambda logits, y: cross_entropy(logits, y, reduction="none"),
    "pick_log": cross_entropy_pick_log,
}


def epochs(arrays, request):
    """Yield the mean losses of each epoch; the parameters are one `nn.Linear`'s: (10 k, 784)."""
    steps = torch.tensor(request["step_sizes"])
    width, form = len(steps), FORMS[request["loss"]]
    images, labels = torch.from_numpy(arrays.images), torch.from_numpy(arrays.labels)
    W = torch.from_numpy(arrays.W).t().repeat(width, 1).requires_grad_()
    b = torch.from_numpy(arrays.b).repeat(width).requires_grad_()
    of_row = steps.repeat_interleave(10)
    orders = np.random.RandomState(SEED)
    while True:
        losses = []
        for rows in batches(orders, len(labels), request["batch_size"]):
            rows = torch.from_numpy(rows)
            X, y = images.index_select(0, rows), labels.index_select(0, rows)
            loss = form(linear(X, W, b).view(-1, 10), y.repeat_interleave(width))
            by_W, by_b = torch.autograd.grad(loss.sum(), (W, b))
            with torch.no_grad():
                W.addcmul_(by_W, of_row[:, None], value=-1)
                b.addcmul_(by_b, of_row, value=-1)
            losses.append(loss.detach().view(-1, width))
        yield batch_mean([one.numpy() for one in losses]), {}


def product(size):
    factor = torch.ones(size, size)
    return factor @ factor


def about():
    """What computes, and in how many threads."""
    if "OMP_NUM_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return {
        "library": f"PyTorch {torch.__version__}",
        "kernel": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }


def main():
    arrays = Arrays(sys.argv[1])
    serve(about(), lambda request: epochs(arrays, request), product)


if __name__ == "__main__":
    main()
