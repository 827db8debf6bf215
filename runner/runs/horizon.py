"""How far two correct programs may end apart: measured, as docs/horizon.md says."""

MEASURED = {0.4: 0.0, 0.63: 0.0026, 1.0: 0.0174, 1.6: 0.0175, 4.0: 0.0575}
"""Learning rate: the largest difference in test accuracy that the last bit of one weight made.

Between runs of `log_softmax` and their twins, by the preset `horizon`: batch size 256, five epochs.
"""


def expected_difference(lr: float) -> str:
    """What a machine that rounds otherwise may change at this learning rate, as a clause."""
    rate = min((one for one in MEASURED if one >= lr), default=max(MEASURED))
    return (
        f"rounding alone, as another machine does it, moved test_acc by up to {MEASURED[rate]:.4f} "
        f"at learning rate {rate:g} in float32 (docs/horizon.md)"
    )
