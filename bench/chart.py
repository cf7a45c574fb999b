"""The chart beside bench.json."""

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

COLOURS = {"product": "#1f6f5c", "bare": "#b9c4c0"}


def draw(figures: dict[str, dict[str, float]], path: Path) -> None:
    """Two panels: lives a second, and milliseconds from the approval to its effect; with the numbers on the bars."""
    mpl.use("svg")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    lives, waits = figures["lifecycle"], figures["approve_to_active_ms"]
    bars = left.bar(
        ["Doorstep", "bare workflow"], [lives["product_per_s"], lives["bare_per_s"]], color=list(COLOURS.values())
    )
    left.bar_label(bars, fmt="%.1f")
    left.set_title(f"Lives a second (ratio {lives['ratio']:.2f})")
    for offset, (kind, colour) in enumerate(COLOURS.items()):
        places = [share + 0.38 * offset for share in (0, 1)]
        bars = right.bar(places, [waits[f"{kind}_p50"], waits[f"{kind}_p95"]], width=0.36, color=colour)
        right.bar_label(bars, fmt="%.0f")
    right.set_xticks([0.19, 1.19], ["p50", "p95"])
    right.set_title("Approve to active, ms")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
    plt.close(figure)
