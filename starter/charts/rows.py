"""The rows of a chart: a name, a figure, a bar, and a quiet line below."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

WIDE = 348
"""The length of a whole bar."""


@dataclass(frozen=True)
class Row:
    """One row; `part` begins a part of the chart and has no bar. `half` is a second bar behind the first."""

    label: str
    figure: str
    bar: float = 0
    half: float = 0
    note: str = ""
    part: bool = False
    y: int = 0

    @property
    def height(self) -> int:
        """Down to the next one."""
        return 26 if self.part else 54 if self.note else 40


def bar(count: float, most: float) -> float:
    """The length of a bar; what is more than nothing can be seen."""
    return 0 if count <= 0 or most <= 0 else max(2.0, round(WIDE * count / most, 1))


def placed(rows: Iterable[Row], top: int) -> tuple[list[Row], int]:
    """The rows one below the other, a little apart where a part begins; and where the last one ends."""
    found: list[Row] = []
    for row in rows:
        top += 12 if row.part and found else 0
        found.append(replace(row, y=top))
        top += row.height
    return found, top
