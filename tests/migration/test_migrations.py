"""The migrations, up and down, on an empty database of their own; and what the schema itself refuses."""

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from doorstep.store import migrate
from doorstep.store.tables import metadata
from tests.house import House


def shape(url: str) -> list[tuple[object, ...]]:
    """Every table, column, index, constraint, trigger and function of ours."""
    query = """
        SELECT 'column', table_name, column_name, data_type || coalesce(column_default, '') || is_nullable
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'function', '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'persistence', '', relname, relpersistence::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        ORDER BY 1, 2, 3, 4
    """
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_f23_up_down_and_up_again(database: str) -> None:
    """F23: the migrations can be taken back to nothing and done again, and end in the same schema."""
    migrate.upgrade(database)
    first = shape(database)

    migrate.downgrade(database, "base")
    left = [row for row in shape(database) if row[1] != "alembic_version" and row[2] != "alembic_version"]
    migrate.upgrade(database)

    assert left == []
    assert shape(database) == first
    assert migrate.current(database) == migrate.head()


def test_f23_each_step_can_be_taken_back(database: str) -> None:
    """F23: every single revision goes up, down and up again."""
    revisions = [each.revision for each in ScriptDirectory.from_config(migrate.config("")).walk_revisions()]

    for revision in reversed(revisions):
        migrate.upgrade(database, revision)
        before = shape(database)
        migrate.downgrade(database, "-1")
        migrate.upgrade(database, revision)
        assert shape(database) == before

    assert migrate.current(database) == migrate.head()


def test_a_second_upgrade_changes_nothing(database: str) -> None:
    """F23: a deployment that migrates twice does no harm."""
    migrate.upgrade(database)
    before = shape(database)

    migrate.upgrade(database)

    assert shape(database) == before


def test_the_model_is_the_schema(database: str) -> None:
    """F23: what the code believes of the tables is what the migrations made; Alembic finds nothing to add."""
    migrate.upgrade(database)

    command.check(migrate.config(database))


def test_every_rule_of_the_model_is_in_the_schema(database: str) -> None:
    """T11: the checks, which Alembic does not compare, are those of the model too."""
    migrate.upgrade(database)
    made = {row[2] for row in shape(database) if row[0] == "constraint"}

    wanted = {str(rule.name) for table in metadata.sorted_tables for rule in table.constraints if rule.name}

    assert wanted <= made


def test_there_is_one_head() -> None:
    """F23: two branches of migrations never reach a release."""
    assert len(ScriptDirectory.from_config(migrate.config("")).get_heads()) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET actor = 'somebody else'",
        "UPDATE audit SET detail = '{}' WHERE false OR id > 0",
        "DELETE FROM audit",
        "TRUNCATE audit",
    ],
)
async def test_t34_the_audit_is_append_only(idle_house: House, change: str) -> None:
    """T34: no line of the audit is changed or taken away, whoever asks the database for it."""
    await idle_house.office()
    url = idle_house.settings.database_url.get_secret_value()

    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute(change)


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE invitations SET state = 'paused'", "ck_invitations_state"),
        ("UPDATE invitations SET seen_rev = rev + 1", "ck_invitations_seen_rev"),
        ("UPDATE invitations SET generation = 0", "ck_invitations_generation"),
        ("UPDATE invitations SET state = 'approved', user_id = NULL", "ck_invitations_user"),
        ("UPDATE policies SET places_per_job = 0", "ck_policies_places"),
        ("UPDATE policies SET validity = interval '0'", "ck_policies_validity"),
    ],
)
async def test_t11_the_schema_refuses_what_the_code_must_not_do(idle_house: House, statement: str, rule: str) -> None:
    """T11: a bug, or a hand at the database, cannot write what the rules forbid."""
    office = await idle_house.office()
    await idle_house.doorstep.invite(office=office, email=f"ana@{office}.example", is_draft=True)
    url = idle_house.settings.database_url.get_secret_value()

    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.CheckViolation) as caught:
        connection.execute(statement.encode() + b" WHERE office = %s", [office])

    assert caught.value.diag.constraint_name == rule
