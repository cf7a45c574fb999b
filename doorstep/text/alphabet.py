"""The alphabet of text messages, GSM 03.38 (3GPP TS 23.038), and the characters that only look different from it."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""One septet each."""

EXTENSION = frozenset("\f^{}\\[~]|€")
"""Two septets each: an escape, then the character."""

LOOKALIKES = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u00b4`\u02bc", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2022\u00b7", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
    **dict.fromkeys("\u200b\u2060\ufeff\u00ad", ""),
    "\u2026": "...",
    "\u2044": "/",
}
"""What typesetters put where a keyboard has something plainer that says the same; letters are not among them."""

_PLAIN = str.maketrans(LOOKALIKES)


def plain(text: str) -> str:
    """The text with typesetters' characters made plain, so that they do not double its price; letters stay."""
    return text.translate(_PLAIN)
