"""Slips of the finger in the domain of an address: which domain was probably meant (S3.7).

Only a warning comes of it, and it has to be right nearly always: a well-known domain is told from its misspellings by
one slip in its name, an ending only by what is no ending anywhere. Real domains close to a known one are named here.
"""

_COM = ("gmail", "googlemail", "hotmail", "outlook", "yahoo", "icloud", "live", "bigpond", "protonmail", "fastmail")
_POPULAR = (
    *(f"{name}.com" for name in _COM),
    *("xtra.co.nz", "yahoo.co.nz", "hotmail.co.nz", "outlook.co.nz", "slingshot.co.nz"),
    *("yahoo.com.au", "hotmail.com.au", "outlook.com.au", "bigpond.net.au", "optusnet.com.au"),
    *("hotmail.co.uk", "yahoo.co.uk", "btinternet.com"),
    *("hotmail.es", "outlook.es", "yahoo.es", "movistar.es", "telefonica.net"),
    *("gmx.de", "web.de", "t-online.de", "freenet.de", "hotmail.de", "outlook.de", "yahoo.de", "mailbox.org"),
    *("gmx.net", "gmx.at", "gmx.ch", "gmx.com", "aol.com", "msn.com"),
    *("example.com", "example.net", "example.org"),
)
_REAL_NEIGHBOURS = frozenset({"mail.com", "email.com", "ymail.com", "cloud.com", "telefonia.net"})
_ONLY_AT_COM = frozenset({"gmail", "googlemail"})

# None of these is an ending of the internet; `.co`, `.cm`, `.om`, `.se` and `.ua` are countries and are not among them.
_SLIPS_OF_ENDINGS = {
    "com": ("con", "cmo", "ocm", "comm", "coom", "ccom", "conm", "comn", "vom", "xom", "cim", "cpm", "clm", "c0m"),
    "net": ("nte", "ent", "nett", "nnet", "nrt", "ner", "ney"),
    "org": ("ogr", "rog", "orgg", "orrg", "oorg", "prg", "irg"),
    "de": ("ed", "dee", "dde"),
    "es": ("ess", "ees"),
    "nz": ("nx", "zn", "nzz"),
    "au": ("auu", "aus"),
    "uk": ("ku", "ik", "ukk"),
}
_ENDINGS = {typed: meant for meant, slips in _SLIPS_OF_ENDINGS.items() for typed in slips}
_LONGER_ENDINGS = {"con.nz": "co.nz", "con.au": "com.au", "cmo.au": "com.au", "ocm.au": "com.au", "con.uk": "co.uk"}
_NEARLY_COM = frozenset({"co", "cm", "om"})
_RESERVED = frozenset({"example", "invalid", "local", "localhost", "test"})

_SHORT = 4  # letters; one other letter in so short a name is somebody else's domain


def meant_domain(domain: str) -> str | None:
    """The domain that was probably meant where `domain`, in lower case, stands; None where nothing looks mistyped."""
    if domain in _POPULAR or domain in _REAL_NEIGHBOURS:
        return None
    mended = _with_ending_mended(domain)
    name, _, ending = mended.partition(".")
    if mended not in _POPULAR and ending.rpartition(".")[2] not in _RESERVED:
        mended = next((known for known in _POPULAR if _is_meant(known, name, ending)), mended)
    return None if mended == domain else mended


def _with_ending_mended(domain: str) -> str:
    rest, _, last = domain.rpartition(".")
    mended = f"{rest}.{_ENDINGS.get(last, last)}"
    labels = mended.rsplit(".", 2)
    if len(labels) > 2 and (meant := _LONGER_ENDINGS.get(".".join(labels[1:]))):  # noqa: PLR2004 - a name and two labels
        return f"{labels[0]}.{meant}"
    return mended


def _is_meant(known: str, name: str, ending: str) -> bool:
    known_name, _, known_ending = known.partition(".")
    if ending == known_ending:
        return _is_one_slip(name, known_name)
    if known_ending != "com" or name != known_name:
        return False
    return name in _ONLY_AT_COM or (ending in _NEARLY_COM and len(name) > _SHORT)


def _is_one_slip(typed: str, meant: str) -> bool:
    same = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    rest, wanted = typed[same:], meant[same:]
    is_swapped = wanted == rest[1:2] + rest[:1] + rest[2:]
    is_doubled = wanted == rest[1:] and rest[:1] == typed[same - 1 : same]
    if len(meant) < _SHORT:
        return False
    if len(meant) == _SHORT:
        return is_swapped or is_doubled
    has_another_letter = same > 0 and wanted[1:] == rest[1:]  # not the first one: `ymail` is no slip of `gmail`
    return is_swapped or has_another_letter or wanted == rest[1:] or wanted[1:] == rest
