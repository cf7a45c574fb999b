"""T34: the audit is appended to; even an erasure only takes out who somebody was."""

import psycopg
import pytest

from tests.house import House
from tests.security.persons import invited, somebody


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET event = 'invitation.approved' WHERE subject_id = %(subject)s",
        "UPDATE audit SET code = 'closed' WHERE subject_id = %(subject)s",
        "UPDATE audit SET at = now() WHERE subject_id = %(subject)s",
        "UPDATE audit SET via = 'cli' WHERE subject_id = %(subject)s",
        "UPDATE audit SET subject_id = NULL WHERE subject_id = %(subject)s",
        "UPDATE audit SET actor = 'somebody else' WHERE subject_id = %(subject)s",
        'UPDATE audit SET detail = detail || \'{"office": "au"}\' WHERE subject_id = %(subject)s',
        "UPDATE audit SET actor = 'erased' WHERE subject_id <> %(subject)s",
        "DELETE FROM audit WHERE subject_id = %(subject)s",
        "TRUNCATE audit",
    ],
)
async def test_an_erasure_may_blank_and_change_nothing_else(house: House, change: str) -> None:
    """T34: even who says that a subject is being erased only takes away who it was, and only of that subject."""
    person = await somebody(house)
    made, other = await invited(house, person), await house.doorstep.invite(office=person.office, email="a@b.example")
    url = house.settings.database_url.get_secret_value()
    assert other.id != made.id

    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('doorstep.erasing', %s, true)", [str(made.id)])
        with pytest.raises(psycopg.errors.RaiseException, match="appended to, never changed"):
            connection.execute(change.encode(), {"subject": made.id})
