"""What a browser calls itself, in the words of the list of sessions."""

import pytest

from web.hub.browsers import in_words

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0"
AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0": "Firefox on Windows",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36": "Chrome on Linux",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/143.0": "Edge on Windows",
    f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36": "Chrome on Android",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36": "Chrome on a Chromebook",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/26.0 Safari/605.1.15": "Safari on a Mac",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) CriOS/143.0 Mobile Safari/604.1": "Chrome on an iPhone",
    "curl/8.0": "A browser",
    "": "A browser",
    "<script>alert(1)</script>": "A browser",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_person_recognises_their_own_browser(agent: str) -> None:
    """T24: the list of sessions is read by people; whatever else a browser says of itself is not repeated."""
    assert in_words(agent) == AGENTS[agent]
