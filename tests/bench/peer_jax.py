"""Softmax regression in JAX: an update compiled by jit, vmap over the configurations."""

import os
import sys

import jax
import jax.numpy as jnp
import numpy as np

from bench.serve import SEED, Arrays, batch_mean, batches, serve


def losses_of(parameters, X, y):
    """The losses (n,) of one configuration by log-softmax, and their sum."""
    W, b = parameters
    log_yhat = jax.nn.log_softmax(X @ W + b)
    losses = -jnp.take_along_axis(log_yhat, y[:, None], axis=1)[:, 0]
    return losses.sum(), losses


def update(parameters, step, X, y):
    """The moved W (784, 10) and b (10,), and the losses (n,) before."""
    (_, losses), gradients = jax.value_and_grad(losses_of, has_aux=True)(parameters, X, y)
    moved = [param - step * gradient for param, gradient in zip(parameters, gradients, strict=True)]
    return moved, losses


def epochs(arrays, request):
    """Yield the mean losses of each epoch; one configuration trains without vmap."""
    images, labels = jnp.asarray(arrays.images), jnp.asarray(arrays.labels)
    steps = jnp.array(request["step_sizes"], jnp.float32)
    width = len(steps)
    one = width == 1
    compiled = jax.jit(
        lambda parameters, images, labels, rows: (
            update(parameters, steps[0], images[rows], labels[rows])
            if one
            else jax.vmap(update, in_axes=(0, 0, None, None))(
                parameters, steps, images[rows], labels[rows]
            )
        ),
        donate_argnums=0,
    )
    W, b = jnp.asarray(arrays.W), jnp.asarray(arrays.b)
    parameters = [W, b] if one else [jnp.stack([W] * width), jnp.stack([b] * width)]
    orders = np.random.RandomState(SEED)
    while True:
        losses = []
        for rows in batches(orders, len(labels), request["batch_size"]):
            parameters, loss = compiled(parameters, images, labels, rows)
            losses.append(loss)
        yield batch_mean([one.reshape(width, -1).T for one in jax.device_get(losses)]), {}


def product(size):
    factor = jnp.ones((size, size))
    return (factor @ factor).block_until_ready()


def main():
    jax.config.update("jax_platforms", "cpu")
    arrays = Arrays(sys.argv[1])
    about = {
        "library": f"JAX {jax.__version__}",
        "kernel": "XLA",
        "threads": len(os.sched_getaffinity(0)),  # what XLA's pool of threads has, unasked
    }
    serve(about, lambda request: epochs(arrays, request), product)


if __name__ == "__main__":
    main()
