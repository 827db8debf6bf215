"""The causes of death that a post-mortem can name."""

CAUSES = {
    "zero_probability": "a probability of 0, whose log is \N{MINUS SIGN}inf",
    "reciprocal_overflow": (
        "a probability p so small that 1 / p overflows, and 0 \N{MULTIPLICATION SIGN} inf is nan "
        "in the gradient"
    ),
    "exp_overflow": "a logit so large that e to its power is inf, and inf / inf is nan",
    "sum_underflow": "logits so small that the sum of e to their powers, or its square, is 0",
    "gradient_overflow": "a gradient too large for its dtype, although 1 / p is not",
    "parameter_overflow": "parameters too large for their dtype",
    "unknown": "nothing that the replay of the fatal update could explain",
}
"""What each cause means, worded to follow "died of"."""

CAUSE_NAMES = {
    "zero_probability": "a probability of 0",
    "reciprocal_overflow": "1 / p overflows",
    "exp_overflow": "exp overflows",
    "sum_underflow": "sum of exps is 0",
    "gradient_overflow": "gradient overflows",
    "parameter_overflow": "weights overflow",
    "unknown": "unknown",
}
"""The same in two or three words, for a table."""
