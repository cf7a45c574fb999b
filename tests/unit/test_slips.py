"""Mistyped domains: what is warned of, what is suggested instead, and what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.addresses import AddressError, likely_domain, parse_email, suggestion

MISTYPED = st.builds(
    lambda domain, at, letters: f"ana@{domain[:at]}{letters}{domain[at + 1 :]}",
    st.sampled_from(["gmail.com", "hotmail.es", "t-online.de", "xtra.co.nz", "lowerflats.com.au", "web.de"]),
    st.integers(0, 12),
    st.text("abcdegmnoxz.", max_size=2),
)


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmsil.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.es", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("hotnail.com", "hotmail.com"),
        ("otmail.com", "hotmail.com"),
        ("hotmail.cm", "hotmail.com"),
        ("hotmial.es", "hotmail.es"),
        ("outlok.com", "outlook.com"),
        ("yahooo.de", "yahoo.de"),
        ("xrta.co.nz", "xtra.co.nz"),
        ("xtra.co.nx", "xtra.co.nz"),
        ("bigpond.con.au", "bigpond.com.au"),
        ("gmx.ed", "gmx.de"),
        ("web.dee", "web.de"),
        ("tonline.de", "t-online.de"),
        ("movistra.es", "movistar.es"),
        ("example.ogr", "example.org"),
        ("kauriridge.con", "kauriridge.com"),
        ("lowerflats.cmo", "lowerflats.com"),
        ("lowerflats.co.nx", "lowerflats.co.nz"),
        ("münchen.con", "münchen.com"),
    ],
)
def test_a_likely_typo_is_noticed(domain: str, meant: str) -> None:
    """S3.7: a slip in the name of a well-known domain is warned of, and an ending that does not exist in any domain."""
    assert likely_domain(parse_email(f"ana@{domain}")) == meant


REAL_DOMAINS = (
    *("gmail.com", "googlemail.com", "mail.com", "email.com", "ymail.com", "cloud.com", "me.com", "mac.com", "pm.me"),
    *(
        "hotmail.de",
        "hotmail.es",
        "hotmail.se",
        "hotmail.be",
        "hotmail.co.uk",
        "outlook.at",
        "outlook.de",
        "outlook.dk",
    ),
    *("live.de", "live.nl", "life.com", "love.com", "line.com", "olive.com", "yahoo.fr", "yahoo.ca", "yahoo.com.br"),
    *("gmx.de", "gmx.at", "gmx.ch", "gmx.net", "gmx.com", "gmx.eu", "web.de", "wed.de", "wab.de", "gms.de", "msn.com"),
    *("t-online.de", "online.de", "freenet.de", "posteo.de", "mail.de", "vodafone.de", "mailbox.org", "aol.de"),
    *("telefonica.net", "telefonia.net", "terra.es", "orange.es", "ono.com", "wanadoo.fr", "laposte.net", "libero.it"),
    *("xtra.co.nz", "extra.co.nz", "orcon.net.nz", "slingshot.co.nz", "bigpond.com", "bigpond.net.au", "tpg.com.au"),
    *("fastmail.fm", "proton.me", "protonmail.ch", "icloud.com", "icloud.com.cn", "comcast.net", "qq.com", "163.com"),
    *("startup.co", "shop.cm", "bank.om", "kyiv.com.ua", "bbc.co.uk", "con.nz", "kauriridge.example", "gmail.test"),
)


@pytest.mark.parametrize("domain", REAL_DOMAINS)
def test_a_real_domain_raises_no_alarm(domain: str) -> None:
    """S3.7: a warning that is wrong too often is read by nobody, so real domains that look alike are left alone."""
    assert suggestion(parse_email(f"ana@{domain}")) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ana@gmial.com", "ana@gmail.com"),
        (" Ana.Ngata+Portal@GMIAL.COM ", "Ana.Ngata+Portal@gmail.com"),
        ("Jörg@MÜNCHEN.cmo", "Jörg@münchen.com"),
        ("ana@xn--mnchen-3ya.con", "ana@xn--mnchen-3ya.com"),
        ("ana@gmail.com", None),
    ],
)
def test_the_whole_address_is_suggested(typed: str, meant: str | None) -> None:
    """S3.7: what stands before the @ is kept as it was typed, so that the suggestion can be taken with one click."""
    assert suggestion(parse_email(typed)) == meant


@given(MISTYPED)
def test_a_suggestion_is_an_address_that_needs_no_other(text: str) -> None:
    """S3.7: taking the advice ends the matter: what is suggested is valid and looks right."""
    try:
        meant = suggestion(parse_email(text))
    except AddressError:
        return

    assert meant is None or suggestion(parse_email(meant)) is None
