"""From a template to an SVG: everything that is put in is escaped, and nothing in it runs or loads."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 32
"""Letters of a name that fit beside a figure."""


def draw(template: str, **values: object) -> str:
    """The SVG of a template."""
    return _environment().get_template(f"{template}.svg").render(values)


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def clean(name: str) -> str:
    """A name without the letters that XML cannot hold, or that turn a line around."""
    return "".join(letter for letter in name if letter.isprintable())


def short(name: str, longest: int = LONGEST) -> str:
    """A clean name that fits."""
    text = clean(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
