"""The charts beside the tables of docs/performance.md: bars with their numbers on them."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.figures import Figures

OURS, OTHERS = "#1f6f5c", "#b9c4c0"
SIZE = (9, 3.2)


def draw_all(figures: Figures, folder: Path) -> set[str]:
    """A chart of each measurement that there is, as SVG, by name; the same figures make the same file."""
    drawn = set()
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "doorstep"
    for name, needed, draw in (
        ("lives", "lifecycle", _lives),
        ("batch", "batch", _batch),
        ("beside", "beside", _beside),
        ("memory", "memory", _memory),
        ("lists", "list", _lists),
    ):
        if needed in figures:
            figure, axes = plt.subplots(1, 2, figsize=SIZE, layout="constrained")
            draw(figures, axes[0], axes[1])
            for each in axes:
                each.spines[["top", "right"]].set_visible(False)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            plt.close(figure)
            drawn.add(name)
    return drawn


def _bars(axes: Axes, title: str, names: Sequence[str], values: Sequence[float], fmt: str = "%.0f") -> None:
    colours = [OURS if place == 0 else OTHERS for place in range(len(values))]
    axes.bar_label(axes.bar(names, values, color=colours), fmt=fmt)
    axes.set_title(title)


def _pairs(axes: Axes, title: str, kinds: Sequence[str], ours: Sequence[float], others: Sequence[float]) -> None:
    """Two bars for each kind, ours first."""
    for offset, (values, colour) in enumerate(((ours, OURS), (others, OTHERS))):
        places = [place + 0.38 * offset for place in range(len(kinds))]
        axes.bar_label(axes.bar(places, values, width=0.36, color=colour), fmt="%.0f")
    axes.set_xticks([place + 0.19 for place in range(len(kinds))], kinds)
    axes.set_title(title)


def _lives(figures: Figures, left: Axes, right: Axes) -> None:
    lives, waits = figures["lifecycle"], figures["approve_to_active_ms"]
    title = f"Lives a second (ratio {lives['ratio']:.2f})"
    _bars(left, title, ["Doorstep", "bare workflow"], [lives["product_per_s"], lives["bare_per_s"]], "%.1f")
    ours, bare = ([waits[f"{kind}_{share}"] for share in ("p50", "p95")] for kind in ("product", "bare"))
    _pairs(right, "Approve to active, ms", ["p50", "p95"], ours, bare)


def _batch(figures: Figures, left: Axes, right: Axes) -> None:
    found = figures["batch"]
    speeds = [found["batch_per_s"], found["loop_per_s"], found["dbos_per_s"]]
    _bars(left, f"Rows a second, of {found['rows']:,.0f}", ["batch", "loop", "DBOS"], speeds, "%.1f")
    _bars(right, "Batch beside it", ["loop", "DBOS"], [found["ratio_to_loop"], found["ratio_to_dbos"]], "%.2f")


def _beside(figures: Figures, left: Axes, right: Axes) -> None:
    found = figures["beside"]
    for axes, share in ((left, "p50"), (right, "p95")):
        values = [found[f"busy_{share}_ms"], found[f"idle_{share}_ms"]]
        title = f"Call to mail, {share}, ms (ratio {found[f'ratio_{share}']:.1f})"
        _bars(axes, title, [f"beside {found['rows']:,.0f} rows", "idle"], values)


def _memory(figures: Figures, left: Axes, right: Axes) -> None:
    found = figures["memory"]
    names = [f"{found['open']:,.0f} open", "nothing open"]
    _bars(left, f"Worker, MB (ratio {found['ratio']:.3f})", names, [found["full_mb"], found["empty_mb"]])
    caches = sorted(
        (each for name, each in figures.items() if name.startswith("cache_")), key=lambda each: each["cached"]
    )
    right.plot([f"{each['cached']:.0f}" for each in caches], [each["per_s"] for each in caches], color=OURS, marker="o")
    right.set_ylim(bottom=0)
    right.set_title("Rows a second by workflows kept")


def _lists(figures: Figures, left: Axes, right: Axes) -> None:
    kinds = ["list", "list_of_office", "list_of_state"]
    many, few = ([figures[kind][f"{size}_ms"] for kind in kinds] for size in ("many", "few"))
    title = f"ms, of {figures['list']['many']:,.0f} and of {figures['list']['few']:,.0f}"
    _pairs(left, title, ["all", "of an office", "in a state"], many, few)
    stuck = figures["stuck"]
    _pairs(right, f"stuck, ms (ratio {stuck['ratio']:.2f})", ["stuck"], [stuck["many_ms"]], [stuck["few_ms"]])
