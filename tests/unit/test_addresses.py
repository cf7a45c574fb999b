"""E-mail addresses and phone numbers: what is taken, what is refused, and which two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.domain.addresses import (
    MAX_EMAIL,
    AddressError,
    EmailAddress,
    mask,
    parse_email,
    parse_phone,
)

WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFZßéāŐΣςдЖ漢0123456789._+'-", min_size=1, max_size=20)
ADDRESSES = st.builds(
    "{}@{}.{}".format, WORDS, WORDS, st.sampled_from(["example", "test", "example.org", "local", "MÜNCHEN.example"])
)


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.org",
        "boss@office.example",
        "x@mail.test",
        "root@localhost",
        "it@mail.office.local",
        "o'brien+portal@example.com",
        "γεωργία@παράδειγμα.example",
        "美玲@例子.example",
        "zoë@xn--grnland-q1a.example",
    ],
)
def test_an_address_is_taken_by_its_syntax_alone(text: str) -> None:
    """S3.7: reserved, internal and international addresses pass, because nothing asks the DNS."""
    address = parse_email(text)

    assert address.typed == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana.Ngata@Example.ORG", " ana.ngata@example.org\u00a0"),
        ("ANA@MÜNCHEN.example", "ana@xn--mnchen-3ya.example"),
        ("ana@MÜNCHEN.example", "ana@XN--MNCHEN-3YA.EXAMPLE"),
        ("jose\u0301@example.org", "JOS\u00c9@example.org"),
        ("ΟΔΥΣΣΕΥΣ@example.org", "οδυσσευς@example.org"),
    ],
)
def test_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    """S0.5: case, accents in two notations and punycode do not make a second person."""
    first, second = parse_email(one), parse_email(other)

    assert first.key == second.key
    assert first == second


def test_the_typed_form_is_kept() -> None:
    """S4.17: an address is shown as its owner writes it, only without the spaces around it."""
    address = parse_email("  Ana.Ngata@Example.org ")

    assert address.typed == "Ana.Ngata@Example.org"
    assert address.key == "ana.ngata@example.org"


def test_different_people_keep_different_keys() -> None:
    """S4.17: a dot or a tag in the local part is another mailbox, and so is a sharp s in the domain."""
    texts = ["ana.n@example.org", "anan@example.org", "anan+1@example.org", "x@straße.example", "x@strasse.example"]

    keys = {parse_email(text).key for text in texts}

    assert len(keys) == len(texts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("ana.example.org", "no @"),
        ("ana@@example.org", "more than one @"),
        ("ana@example.org; bo@example.org", "more than one @"),
        ("Ana Ngata <ana@example.org>", "angle brackets"),
        ("ana ngata@example.org", "a space"),
        ("@office.example", "before the @"),
        (".ana@example.org", "before the @"),
        ("a\u200bna@example.org", "before the @"),
        ("ana@gmail", "no ending"),
        ("ana@.example", "no domain name"),
        ("ana@[192.0.2.1]", "no domain name"),
        ("ana@exa_mple.org", "no domain name"),
        ("a" * MAX_EMAIL + "@example.org", "longer than"),
        ("\u0149" * 100 + "@example.org", "longer than"),
        ("ana@example.org\r\nBcc: all@example.org", "line break"),
        ("ana@example.org\n", "line break"),
        ("ana@example.org\0", "NUL"),
    ],
)
def test_a_malformed_address_is_explained_without_repeating_it(text: str, words: str) -> None:
    """S3.7: the sentence names the fault and a remedy, and nothing of the address leaves with it."""
    with pytest.raises(AddressError) as caught:
        parse_email(text)

    assert words in str(caught.value)
    assert "name@example.org" in caught.value.remedy or "Check" in caught.value.remedy
    assert not text.strip() or text.strip() not in str(caught.value)
    assert caught.value.__cause__ is None


@given(ADDRESSES | st.text(max_size=40))
def test_a_key_is_the_address_of_itself(text: str) -> None:
    """S0.5: normalising twice changes nothing, and any text is either taken or refused."""
    try:
        key = parse_email(text).key
    except AddressError:
        return

    assert parse_email(key).key == key
    assert parse_email(key) == parse_email(text)


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("021 555 0142", "NZ", "+64215550142"),
        ("(021) 555-0142", "nz", "+64215550142"),
        ("215550142", "NZ", "+64215550142"),
        ("+64 (0)21 555 0142", "AU", "+64215550142"),
        ("00 64 21 555 0142", "NZ", "+64215550142"),
        ("０２１ ５５５ ０１４２", "NZ", "+64215550142"),  # noqa: RUF001 - full-width digits are the case
        ("0491 570 156", "AU", "+61491570156"),
        ("+61\u00a0491\u00a0570\u00a0006", "NZ", "+61491570006"),
        ("+44 7700 900123", "NZ", "+447700900123"),
    ],
)
def test_a_number_is_compared_as_e164(text: str, region: str, key: str) -> None:
    """S0.8: however a number is written, and at home without its prefix, it is one number."""
    number = parse_phone(f" {text} ", region)

    assert number.key == key
    assert number.typed == text
    assert parse_phone(number.key, region) == number


@pytest.mark.parametrize(
    ("text", "region", "words"),
    [
        ("", "NZ", "is empty"),
        ("021 555", "NZ", "not in use"),
        ("+64 27 555", "NZ", "not in use"),
        ("7", "NZ", "cannot be read"),
        ("+64 21 555 0142 0142 01", "NZ", "too many digits"),
        ("0491 570 156", "NZ", "one of NZ"),
        ("0800 FLOWERS", "NZ", "letters"),
        ("2.1555E+09", "NZ", "letters"),
        ("021 555 0142, 021 555 0143", "NZ", "letters or other signs"),
        ("021 555 0142\r\nX", "NZ", "letters"),
        ("021 555 0142", "", "cannot be read"),
        ("0" * 100, "NZ", "longer than"),
    ],
)
def test_a_malformed_number_is_explained_without_repeating_it(text: str, region: str, words: str) -> None:
    """S0.8: the sentence names the fault and a remedy, and nothing of the number leaves with it."""
    with pytest.raises(AddressError, match=words) as caught:
        parse_phone(text, region)

    assert caught.value.remedy
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(("text", "takes"), [("021 555 0142", True), ("09 555 0142", False), ("0800 555 014", False)])
def test_a_landline_takes_no_texts(text: str, takes: bool) -> None:  # noqa: FBT001 - the expected answer
    """S0.17: the numbering plan tells where a text message cannot arrive."""
    assert parse_phone(text, "NZ").takes_texts is takes


@given(st.text(max_size=60), st.sampled_from(["NZ", "AU", "DE", "ZZ", ""]))
def test_any_text_is_a_number_or_refused(text: str, region: str) -> None:
    """T31: no text makes the reading of a number fail in another way than by its own refusal."""
    try:
        number = parse_phone(text, region)
    except AddressError:
        return

    assert parse_phone(number.key, region) == number


@given(st.text(min_size=2, max_size=30), st.sampled_from(["example.org", "xn--mnchen-3ya.example"]))
def test_a_mask_hides_the_local_part(local: str, domain: str) -> None:
    """T34: what stands before the @ never reaches an audit row beyond its first letter."""
    masked = mask(f"{local}@{domain}")

    assert masked == f"{local[0]}…@{domain}"


def test_a_mask_tells_nothing_of_a_short_name_a_number_or_a_stray_text() -> None:
    """T34: one letter is the whole name, a number keeps prefix and end, anything else nothing."""
    assert mask("x@mail.test") == "…@mail.test"
    assert mask("+64215550142") == "+64…42"
    assert mask("Ana Ngata <ana@example.org>") == "…"
    assert mask("021 555 0142") == "…"


def test_a_repr_is_masked() -> None:
    """T34: an address in an error report or a log line of the program is masked already."""
    reprs = repr([EmailAddress("Ana@example.org", "ana@example.org"), parse_phone("021 555 0142", "NZ")])

    assert reprs == "[EmailAddress(a…@example.org), PhoneNumber(+64…42)]"
