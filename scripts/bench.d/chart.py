"""Draw the chart: chart.py FILE.svg, the series as JSON on stdin."""

import json
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot, ticker  # noqa: E402

matplotlib.rcParams |= {"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 9}


def main() -> None:
    """Two panels: wall time against the size of the output, and against the size of the input."""
    panels = json.load(sys.stdin)
    figure, axes = pyplot.subplots(1, len(panels), figsize=(11, 5.5), layout="constrained")
    for axis, panel in zip(axes, panels, strict=True):
        for series in panel["series"]:
            ours = series["name"].startswith("cback")
            axis.plot(
                *zip(*series["points"], strict=True),
                label=series["name"],
                marker=series["marker"],
                color=series["colour"],
                linewidth=2 if ours else 1,
                markersize=6 if ours else 4,
            )
        axis.set(
            title=panel["title"], xlabel=panel["x"], ylabel=panel["y"], xscale="log", yscale=panel["scale"]
        )
        for axis_of in (axis.xaxis, axis.yaxis):
            axis_of.set_major_formatter(ticker.FuncFormatter(lambda number, _: f"{number:g}"))
        axis.grid(visible=True, which="major", linewidth=0.3)
        axis.legend(fontsize=7, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    figure.savefig(sys.argv[1], metadata={"Date": None})


main()
