"""Values of seeds crossed with orders."""

import numpy as np


def crossed(a=8, b=6, spreads=(1.0, 0.7, 0.5)):
    """Values of `a` seeds in `b` orders, one after the other, and the labels of both."""
    rng = np.random.default_rng(4)
    shapes = ((a, 1), (1, b), (a, b))
    values = sum(spread * rng.normal(size=one) for spread, one in zip(spreads, shapes, strict=True))
    seeds, orders = np.indices((a, b))
    return values.ravel(), seeds.ravel(), orders.ravel()
