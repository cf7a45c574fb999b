"""A QR code, drawn here: what it holds is secret, and goes to nobody who draws pictures (T01)."""

import segno
from markupsafe import Markup

BORDER = 4
"""Modules of white around it, as the standard asks for; on a dark page it would not be read without."""


def svg(content: str) -> Markup:
    """The code, to stand in a page; without a style of its own, which the policy of the pages forbids."""
    drawn = segno.make(content, error="m", micro=False)
    line = drawn.svg_inline(border=BORDER, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(line)  # noqa: S704 - drawn of squares alone: the content is nowhere in it as text
