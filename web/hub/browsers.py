"""What a browser calls itself, in words that somebody recognises their own by."""

import re

BROWSERS = (
    (re.compile(r"Edg(A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrome/|CriOS/|Chromium/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)
"""In this order: most of them call themselves Safari too, and many Chrome."""

SYSTEMS = (
    (re.compile(r"iPhone"), "an iPhone"),
    (re.compile(r"iPad"), "an iPad"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"CrOS"), "a Chromebook"),
    (re.compile(r"Mac OS X|Macintosh"), "a Mac"),
    (re.compile(r"Linux|X11"), "Linux"),
)


def in_words(agent: str) -> str:
    """Such as "Firefox on Windows"; whatever says nothing that we know is a browser."""
    browser = next((name for pattern, name in BROWSERS if pattern.search(agent)), "A browser")
    system = next((name for pattern, name in SYSTEMS if pattern.search(agent)), "")
    return f"{browser} on {system}" if system else browser
