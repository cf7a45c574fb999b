"""docs/performance.md from the figures: what stands between two marks there is written here, and by nobody's hand."""

from pathlib import Path

from bench import chart
from bench.figures import Figures

PAGE = Path("docs/performance.md")
CHARTS = Path("docs/charts")
PICTURES = {
    "lives": "Lives a second, and the time from the approval to the active account",
    "batch": "Rows a second of a batch, of a loop and of DBOS",
    "beside": "The time to the mail, idle and beside a batch",
    "memory": "Memory of a worker, and what other sizes of its cache cost",
    "lists": "The time of the list and of stuck, by size",
}
LISTS = {
    "list": "the newest 50 invitations",
    "list_of_office": "those of an office",
    "list_of_state": "those in a state",
    "stuck": "`doorstep stuck`",
}


def write(figures: Figures) -> list[str]:
    """Write tables and charts of everything that was measured; a line for each bound that is missed."""
    text = PAGE.read_text(encoding="utf-8")
    CHARTS.mkdir(exist_ok=True)
    drawn = chart.draw_all(figures, CHARTS)
    for name, rows in tables(figures).items():
        picture = ["", f"![{PICTURES[name]}](charts/{name}.svg)"] if name in drawn else []
        text = filled(text, name, [*rows, *picture])
    PAGE.write_text(text, encoding="utf-8")
    return [f"{name}: {value}" for name, value in missed(figures)]


def filled(text: str, name: str, lines: list[str]) -> str:
    """The text, with these lines between the marks of that name."""
    begin, end = f"<!-- bench:{name} -->\n", "<!-- end -->"
    before, mark, after = text.partition(begin)
    if not mark:
        raise ValueError(f"{PAGE} has no mark {begin.strip()}")
    return before + begin + "".join(f"{line}\n" for line in lines) + end + after.partition(end)[2]


def tables(figures: Figures) -> dict[str, list[str]]:
    """The lines of each table, by its mark."""
    makers = {
        "lives": _lives,
        "batch": _batch,
        "beside": _beside,
        "memory": _memory,
        "caches": _caches,
        "lists": _lists,
        "hub": _hub,
    }
    return {name: rows for name, make in makers.items() if (rows := make(figures))}


def missed(figures: Figures) -> list[tuple[str, str]]:
    """The bounds that were missed, and by what."""
    found = []
    for name, values in figures.items():
        if "bound" not in values:
            continue
        ratio, bound = values.get("ratio", values.get("ratio_p95", 0.0)), values["bound"]
        is_least = name == "lifecycle"
        if ratio < bound if is_least else ratio > bound:
            found.append((name, f"{ratio:.2f} misses the bound of {bound:g}"))
    return found


def _table(head: list[str], *rows: list[str]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---", *["---:"] * (len(head) - 1)], *rows)]


def _lives(figures: Figures) -> list[str]:
    if "lifecycle" not in figures:
        return []
    lives, waits = figures["lifecycle"], figures["approve_to_active_ms"]
    speeds = [
        f"{lives['product_per_s']:.1f}",
        f"{lives['bare_per_s']:.1f}",
        f"{lives['ratio']:.2f}",
        f"{lives['bound']}",
    ]
    return _table(
        ["", "Doorstep", "bare workflow", "ratio", "bound"],
        ["lives a second (median of six rounds)", *speeds],
        *(
            [
                f"approve to active, {share}",
                f"{waits[f'product_{share}']:.0f} ms",
                f"{waits[f'bare_{share}']:.0f} ms",
                f"{waits[f'ratio_{share}']:.1f}",
                "",
            ]
            for share in ("p50", "p95")
        ),
        ["hash of one password", f"{lives['password_hash_ms']:.0f} ms", "", "", ""],
    )


def _batch(figures: Figures) -> list[str]:
    if "batch" not in figures:
        return []
    found = figures["batch"]
    compared = f"{found['compared']:,.0f}"
    return _table(
        ["", "rows", "rows a second", "batch beside it"],
        ["a batch", f"{found['rows']:,.0f}", f"{found['batch_per_s']:.1f}", ""],
        ["a loop over `invite`", compared, f"{found['loop_per_s']:.1f}", f"{found['ratio_to_loop']:.2f}"],
        ["the same work on DBOS", compared, f"{found['dbos_per_s']:.1f}", f"{found['ratio_to_dbos']:.2f}"],
    )


def _beside(figures: Figures) -> list[str]:
    if "beside" not in figures:
        return []
    found = figures["beside"]
    return _table(
        ["from the call to the mail", "idle", f"beside {found['rows']:,.0f} rows", "ratio", "bound"],
        *(
            [
                share,
                f"{found[f'idle_{share}_ms']:.0f} ms",
                f"{found[f'busy_{share}_ms']:.0f} ms",
                f"{found[f'ratio_{share}']:.1f}",
                f"{found['bound']:g}" if share == "p95" else "",
            ]
            for share in ("p50", "p95")
        ),
    )


def _memory(figures: Figures) -> list[str]:
    if "memory" not in figures:
        return []
    found = figures["memory"]
    return _table(
        ["after a minute of rest", "nothing open", f"{found['open']:,.0f} open", "ratio", "bound"],
        [
            "resident memory of a worker",
            f"{found['empty_mb']:.0f} MB",
            f"{found['full_mb']:.0f} MB",
            f"{found['ratio']:.3f}",
            f"{found['bound']:g}",
        ],
    )


def _caches(figures: Figures) -> list[str]:
    found = sorted(
        (each for name, each in figures.items() if name.startswith("cache_")), key=lambda each: each["cached"]
    )
    if not found:
        return []
    return _table(
        ["workflows kept", "rows a second", "memory of the worker"],
        *([f"{each['cached']:,.0f}", f"{each['per_s']:.1f}", f"{each['mb']:.0f} MB"] for each in found),
    )


def _lists(figures: Figures) -> list[str]:
    if not LISTS.keys() <= figures.keys():
        return []
    few, many = figures["list"]["few"], figures["list"]["many"]
    return _table(
        ["median of 25", f"of {few:,.0f}", f"of {many:,.0f}", "ratio", "bound"],
        *(
            [
                what,
                f"{figures[name]['few_ms']:.1f} ms",
                f"{figures[name]['many_ms']:.1f} ms",
                f"{figures[name]['ratio']:.2f}",
                f"{figures[name]['bound']:g}",
            ]
            for name, what in LISTS.items()
        ),
    )


def _hub(figures: Figures) -> list[str]:
    found = {name.removeprefix("hub "): each for name, each in figures.items() if name.startswith("hub /")}
    if not found:
        return []
    few, many = next((each["few"], each["many"]) for each in found.values())
    return _table(
        ["median of 15", f"of {few:,.0f}", f"of {many:,.0f}", "ratio", "bound"],
        *(
            [
                f"`{path}`",
                f"{each['few_ms']:.1f} ms",
                f"{each['many_ms']:.1f} ms",
                f"{each['ratio']:.2f}",
                f"{each['bound']:g}",
            ]
            for path, each in found.items()
        ),
    )
