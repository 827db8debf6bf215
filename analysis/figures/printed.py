"""Each printed figure's place in the distribution of ours."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures.drawing import WIDTH, svg
from analysis.printed import Comparison, FigureCheck
from runner.pictures import BAD, NEUTRAL, project_style


def printed_beside_ours(comparisons: Sequence[Comparison]) -> str:
    """Each printed figure's place in the 95 % prediction interval of ours.

    The band is the interval, drawn from -1 to 1 with the median at 0; a figure outside it is
    marked. What lies further than three intervals away is drawn at the border.
    """
    shown = [one for one in comparisons if any(check.inside is not None for check in one.checks)]
    markers = {"train_loss": "o", "train_acc": "^", "test_acc": "s"}
    with project_style():
        figure = Figure(figsize=(WIDTH, 1.2 + 0.42 * len(shown)), layout="constrained")
        ax = figure.subplots()
        ax.axvspan(-1, 1, color=NEUTRAL, alpha=0.25, linewidth=0)
        ax.axvline(0, color=NEUTRAL, linewidth=1)
        for row, one in enumerate(shown):
            for check in one.checks:
                metric = check.figure.metric.removesuffix("_batch_mean")
                height = row + 0.26 * (list(markers).index(metric) - 1)
                colour = "#333333" if check.inside else BAD
                ax.plot(_place(check), height, markers[metric], color=colour, markersize=4.5)
        ax.set_yticks(range(len(shown)), [one.printed.name for one in shown])
        ax.invert_yaxis()
        places = [abs(_place(check)) for one in shown for check in one.checks]
        reach = max(1.6, *places) + 0.2
        ax.set_xlim(-reach, reach)
        ax.set_xticks([-1, 0, 1], ["2.5 %", "median", "97.5 %"])
        ax.set_xlabel("place of the printed figure among ours")
        ax.grid(visible=False)
        names = {
            "train_loss": "train loss",
            "train_acc": "train accuracy",
            "test_acc": "test accuracy",
        }
        handles = [
            Line2D([], [], color="#333333", marker=markers[key], linestyle="", label=name)
            for key, name in names.items()
        ]
        handles.append(Line2D([], [], color=BAD, marker="o", linestyle="", label="outside"))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        return svg(figure)


def _place(check: FigureCheck) -> float:
    """0 at the median, -1 and 1 at the ends of the prediction interval, 3 at the border."""
    low, high = check.low, check.high
    assert low is not None
    assert high is not None
    distance = check.figure.value - check.median
    width = high - check.median if distance > 0 else check.median - low
    return float(np.clip(distance / width if width > 0 else 3 * np.sign(distance), -3, 3))
