"""The lesson's program as its readers write it: gluon's DataLoader, a value asked for per batch.

The data set hands out one image of bytes at a time and a transform makes it float32 / 255, as
`gluon.data.vision.FashionMNIST(transform=...)` does in the lesson.

Independent of `runner`: shares no code with it, only the arrays of the data.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd


def to_float(image, label):
    return image.astype("float32") / 255, label


def epoch_losses(images, labels, *, seed, learning_rate, epochs, batch_size=256):
    """Train with the article's loss and yield each epoch's mean of batch mean losses."""
    np.random.seed(seed)  # the DataLoader shuffles with NumPy's global generator
    mx.random.seed(seed)
    pixels = nd.array((images * 255).round().reshape(-1, 784), dtype="uint8")
    data = gluon.data.ArrayDataset(pixels, labels)
    loader = gluon.data.DataLoader(data.transform(to_float), batch_size, shuffle=True)
    W = mx.random.normal(shape=(784, 10))
    b = mx.random.normal(shape=10)
    params = [W, b]
    for param in params:
        param.attach_grad()

    def softmax(X):
        exp = nd.exp(X)
        return exp / exp.sum(axis=1, keepdims=True)

    for _ in range(epochs):
        total = 0.0
        for X, y in loader:
            with autograd.record():
                yhat = softmax(nd.dot(X, W) + b)
                loss = -nd.pick(nd.log(yhat), y)
            loss.backward()
            for param in params:
                param[:] = param - learning_rate / batch_size * param.grad
            total += nd.mean(loss).asscalar()
        yield total / len(loader)
