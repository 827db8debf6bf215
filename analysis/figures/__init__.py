"""The pictures of the report, in the project's style: each function gives SVG text.

`drawing`      what they share: the SVG, axes of learning rates, the choice of rates for panels
`epochs`       loss and accuracy against epoch
`rates`        final accuracy and share of diverged runs against learning rate
`batch_sizes`  the same over learning rate and batch size, as a map
`survival`     how long runs live
`printed`      the printed figures beside ours
`models`       what trained models have learnt: weights, predictions, confusions
"""
