"""The measurements' page: tables from figures, and what is said of a bound that was missed."""

from pathlib import Path

import pytest

from bench import chart, pages
from bench.figures import Figures

FIGURES: Figures = {
    "lifecycle": {"product_per_s": 4.6, "bare_per_s": 18.9, "ratio": 0.24, "bound": 0.8, "password_hash_ms": 145.0},
    "approve_to_active_ms": {
        "product_p50": 52.0,
        "bare_p50": 22.0,
        "ratio_p50": 2.4,
        "product_p95": 87.0,
        "bare_p95": 34.0,
        "ratio_p95": 2.6,
    },
    "batch": {
        "rows": 10000.0,
        "compared": 2000.0,
        "batch_per_s": 12.0,
        "loop_per_s": 10.0,
        "dbos_per_s": 24.0,
        "ratio_to_loop": 1.2,
        "ratio_to_dbos": 0.5,
    },
    "beside": {
        "rows": 10000.0,
        "singles": 100.0,
        "idle_p50_ms": 50.0,
        "idle_p95_ms": 80.0,
        "busy_p50_ms": 100.0,
        "busy_p95_ms": 320.0,
        "ratio_p50": 2.0,
        "ratio_p95": 4.0,
        "bound": 3.0,
    },
    "memory": {"open": 10000.0, "empty_mb": 150.0, "full_mb": 153.0, "ratio": 1.02, "bound": 1.05},
    "cache_1000": {"cached": 1000.0, "rows": 500.0, "per_s": 12.0, "mb": 300.0},
    "cache_20": {"cached": 20.0, "rows": 500.0, "per_s": 10.0, "mb": 150.0},
    **{
        name: {"few": 1000.0, "many": 100000.0, "few_ms": 20.0, "many_ms": 22.0, "ratio": 1.1, "bound": 1.5}
        for name in (*pages.LISTS, "hub /hub/account")
    },
}


def test_every_table_has_its_place_on_the_page() -> None:
    """A measurement whose table has no mark would be made and never seen."""
    text = pages.PAGE.read_text(encoding="utf-8")

    for name, rows in pages.tables(FIGURES).items():
        text = pages.filled(text, name, rows)

    assert "Not measured yet." not in text
    assert "| a batch | 10,000 | 12.0 |  |" in text
    assert text.index("| 20 | 10.0 | 150 MB |") < text.index("| 1,000 | 12.0 | 300 MB |")
    with pytest.raises(ValueError, match="no mark"):
        pages.filled(text, "nothing", [])


def test_a_missed_bound_is_said() -> None:
    """A ratio that has to be high is missed from below, every other one from above."""
    assert pages.missed(FIGURES) == [
        ("lifecycle", "0.24 misses the bound of 0.8"),
        ("beside", "4.00 misses the bound of 3"),
    ]


def test_the_same_figures_make_the_same_charts(tmp_path: Path) -> None:
    """A chart that changes with every run would hide which figure has changed."""
    (tmp_path / "again").mkdir()

    drawn = chart.draw_all(FIGURES, tmp_path)
    chart.draw_all(FIGURES, tmp_path / "again")

    assert drawn == pages.PICTURES.keys()
    for name in drawn:
        assert (tmp_path / f"{name}.svg").read_bytes() == (tmp_path / "again" / f"{name}.svg").read_bytes()
