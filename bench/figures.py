"""The figures of all measurements: each run adds its own to build/bench.json, of which the documents are made."""

import json
from pathlib import Path

from bench.ground import say

OUTPUT = Path("build")
FILE = OUTPUT / "bench.json"
Figures = dict[str, dict[str, float]]
"""The figures by measurement and name."""


def read() -> Figures:
    """Whatever was measured so far."""
    if not FILE.is_file():
        return {}
    figures: Figures = json.loads(FILE.read_text(encoding="utf-8"))
    return figures


def add(measured: Figures) -> Figures:
    """Add what was measured just now, in place of an older one of the same name; all there is."""
    OUTPUT.mkdir(exist_ok=True)
    figures = read() | measured
    FILE.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return figures


def compared(name: str, sizes: tuple[int, int], times: tuple[float, float], bound: float) -> dict[str, float]:
    """The median times of one thing at two sizes, in milliseconds, and how they stand to each other."""
    few, many = times
    say(f"  {name}: {few:.1f} ms of {sizes[0]}, {many:.1f} ms of {sizes[1]}, ratio {many / few:.2f}")
    return {
        "few": float(sizes[0]),
        "many": float(sizes[1]),
        "few_ms": few,
        "many_ms": many,
        "ratio": many / few,
        "bound": bound,
    }
