"""One run in PyTorch as its tutorials write it: `nn.Linear`, `optim.SGD`, `backward`."""

import sys

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from bench.peer_torch import about
from bench.serve import SEED, Arrays, batches, serve


def epochs(arrays, request):
    """Yield the mean loss of each epoch."""
    (step,) = request["step_sizes"]
    images, labels = torch.from_numpy(arrays.images), torch.from_numpy(arrays.labels)
    net = torch.nn.Linear(784, 10)
    net.weight.data, net.bias.data = torch.tensor(arrays.W.T), torch.tensor(arrays.b)
    optimiser = torch.optim.SGD(net.parameters(), lr=step)
    orders = np.random.RandomState(SEED)
    while True:
        means = []
        for rows in batches(orders, len(labels), request["batch_size"]):
            X, y = images[rows], labels[rows]
            optimiser.zero_grad()
            loss = cross_entropy(net(X), y, reduction="sum")
            loss.backward()
            optimiser.step()
            means.append(loss.detach() / len(rows))
        yield [torch.stack(means).double().mean().item()], {}


def main():
    arrays = Arrays(sys.argv[1])
    serve(about(), lambda request: epochs(arrays, request))


if __name__ == "__main__":
    main()
