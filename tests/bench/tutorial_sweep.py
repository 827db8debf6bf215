"""A learning-rate sweep as people write it today: PyTorch's loop, Hydra's launcher, MLflow.

Written after the quickstarts of the three. `make bench` times it beside `lrstudy`.
"""

from pathlib import Path

import hydra
import mlflow
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LIMIT = 10**9


def loaded(folder, name, limit, **options):
    """Batches of 256 of the images and labels that the bench wrote."""
    images = torch.from_numpy(np.load(folder / f"{name}images.npy"))[:limit]
    labels = torch.from_numpy(np.load(folder / f"{name}labels.npy"))[:limit]
    return DataLoader(TensorDataset(images, labels), batch_size=256, **options)


def train(model, batches, loss_of, optimizer):
    """One epoch; its mean loss and accuracy."""
    total, hits = 0.0, 0
    for X, y in batches:
        logits = model(X)
        loss = loss_of(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        hits += (logits.argmax(1) == y).sum().item()
    return total / len(batches.dataset), hits / len(batches.dataset)


def test(model, batches, loss_of):
    """The mean loss and accuracy on the test images."""
    total, hits = 0.0, 0
    with torch.no_grad():
        for X, y in batches:
            logits = model(X)
            total += loss_of(logits, y).item() * len(y)
            hits += (logits.argmax(1) == y).sum().item()
    return total / len(batches.dataset), hits / len(batches.dataset)


@hydra.main(config_path=None, version_base="1.3")
def main(cfg):
    mlflow.set_tracking_uri(cfg.uri)
    mlflow.set_experiment("tutorial")
    torch.manual_seed(cfg.seed)
    folder = Path(cfg.arrays)
    training = loaded(folder, "", cfg.get("train_limit", LIMIT), shuffle=True)
    testing = loaded(folder, "test_", cfg.get("test_limit", LIMIT))
    model, loss_of = nn.Linear(784, 10), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=cfg.lr)
    with mlflow.start_run():
        mlflow.log_params({"lr": cfg.lr, "seed": cfg.seed})
        for epoch in range(1, cfg.epochs + 1):
            names = ("train_loss", "train_acc", "test_loss", "test_acc")
            trained = train(model, training, loss_of, optimizer)
            figures = (*trained, *test(model, testing, loss_of))
            mlflow.log_metrics(dict(zip(names, figures, strict=True)), step=epoch)


if __name__ == "__main__":
    main()
