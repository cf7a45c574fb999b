"""The Maildir: one mail, one worker, and nothing lost on the way."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doorstep.mail.report_parts import MAX_BYTES
from doorstep.mail.returned import AT_ONCE, CLAIM_SECONDS, KEPT_SECONDS, Maildir


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    """A folder that a mail server has just made."""
    (tmp_path / "new").mkdir()
    return Maildir(tmp_path)


def files(maildir: Maildir) -> list[str]:
    """Every file in it."""
    return sorted(str(path.relative_to(maildir.folder)) for path in maildir.folder.rglob("*") if path.is_file())


def test_a_mail_goes_from_new_to_cur(maildir: Maildir) -> None:
    """S3.7: claimed it is in nobody's way, and what was handled carries the flag S, as every mail program knows it."""
    (maildir.folder / "new" / "2.mail").write_bytes(b"Subject: two\n\n")
    (maildir.folder / "new" / "1.mail").write_bytes(b"Subject: one\n\n")

    names = maildir.waiting(time.time())
    claims = [maildir.claim(name) for name in names]

    one, two = claims
    assert names == ["1.mail", "2.mail"]
    assert one is not None
    assert two is not None
    assert (one.read(), files(maildir)) == (b"Subject: one\n\n", ["tmp/1.mail:2,", "tmp/2.mail:2,"])
    one.finish()
    two.put_aside()
    assert files(maildir) == ["cur/1.mail:2,S", "cur/2.mail:2,FS"]


def test_of_many_workers_one_gets_a_mail(maildir: Maildir) -> None:
    """S3.7: the rename decides, and whoever was slower is told so without an error."""
    for number in range(50):
        (maildir.folder / "new" / f"{number:02}.mail").touch()
    names = maildir.waiting(time.time())

    with ThreadPoolExecutor(8) as workers:
        claims = list(workers.map(maildir.claim, names * 8))

    assert sorted(claim.name for claim in claims if claim) == names


def test_what_a_dead_worker_had_claimed_is_taken_back(maildir: Maildir) -> None:
    """F01: after a while the mail waits again, and goes back at once where somebody says so; a mail server's own
    half-written files are left alone.
    """  # noqa: D205 - one sentence that is longer than a line
    (maildir.folder / "new" / "1.mail").touch()
    [name] = maildir.waiting(time.time())
    maildir.claim(name)
    (maildir.folder / "tmp" / "2.half").touch()

    soon = maildir.waiting(time.time())
    later = maildir.waiting(time.time() + CLAIM_SECONDS + 1)
    claim = maildir.claim("1.mail")
    assert claim is not None
    claim.give_back()

    assert (soon, later) == ([], ["1.mail"])
    assert files(maildir) == ["new/1.mail", "tmp/2.half"]


def test_t27_only_a_portion_is_read_at_once(maildir: Maildir) -> None:
    """T27: neither thousands of mails nor a huge one fill the memory of a worker."""
    for number in range(AT_ONCE + 5):
        (maildir.folder / "new" / f"{number:03}.mail").touch()
    (maildir.folder / "new" / "000.mail").write_bytes(b"x" * (MAX_BYTES + 1))

    names = maildir.waiting(time.time())
    claim = maildir.claim(names[0])

    assert len(names) == AT_ONCE
    assert claim is not None
    assert len(claim.read()) == MAX_BYTES


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """F09: it is not made here, because the mail server has to be allowed to write into it."""
    with pytest.raises(FileNotFoundError):
        Maildir(tmp_path / "nowhere").waiting(time.time())

    assert list(tmp_path.iterdir()) == []


def test_what_was_read_is_thrown_away_after_a_week(maildir: Maildir) -> None:
    """S3.7: read reports go; what failed, and what nobody has read yet, stays for whoever sees to it."""
    names = ("1.read", "2.failed", "3.claimed", "4.new")
    for name in names:
        (maildir.folder / "new" / name).touch()
    maildir.waiting(time.time())
    read, failed, _ = [maildir.claim(name) for name in names[:3]]
    assert read is not None
    assert failed is not None
    read.finish()
    failed.put_aside()
    left = ["cur/2.failed:2,FS", "new/4.new", "tmp/3.claimed:2,"]

    maildir.throw_away(time.time() + KEPT_SECONDS - 60)
    before = files(maildir)
    maildir.throw_away(time.time() + KEPT_SECONDS + 60)

    assert before == sorted(["cur/1.read:2,S", *left])
    assert files(maildir) == left


def test_a_folder_that_is_not_there_yet_has_nothing_to_throw_away(maildir: Maildir) -> None:
    """F09: the mail server makes it, and the other parts come with the first mail."""
    maildir.throw_away(time.time())

    assert files(maildir) == []
