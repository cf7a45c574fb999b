"""API keys as an office looks after them, and how one is recognised."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from doorstep.domain.errors import Invalid
from doorstep.domain.keys import ApiKey, Scope, new_secret
from doorstep.store import keys, rates
from doorstep.store.engine import transact
from doorstep.store.keys import NewKey
from starter.desk import Connected
from starter.limits import KEY_GUESSES, Limit
from starter.typed import one_line

LONGEST_LIFE = timedelta(days=3660)


@dataclass(frozen=True)
class MadeKey:
    """A key and its secret, which is shown this once."""

    key: ApiKey
    secret: str


class Keys(Connected):
    """What opens the JSON API to another system; whoever may change the settings of an office gives them out."""

    async def key_add(
        self,
        office: str,
        name: str,
        *,
        scopes: Collection[str],
        expires_in: timedelta | None = None,
        actor: str | None = None,
    ) -> MadeKey:
        """Make a key of an office; nobody can read its secret again.

        Args:
            office: its code.
            name: what the records call the system that comes with it.
            scopes: what it may do, each the name of a `Scope`.
            expires_in: how long it lasts; None until it is revoked.
            actor: who makes it.

        Raises:
            Refused: with the field, or the reason.
        """
        checked = one_line(name, "name")
        if not checked:
            raise Invalid("key_name", "Say what the key is for: its name stands in the records.", field="name")
        if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_LIFE:
            raise Invalid("key_expiry", "A key lasts more than nothing and less than ten years.", field="expires_in")
        who, secret = self._as(actor), new_secret()
        new = NewKey(office, checked, checked_scopes(scopes), expires_in)
        detail = {"command": "key_add", "office": office}
        return MadeKey(await self._recorded(who, detail, lambda tx: keys.add(tx, who, new, secret)), secret)

    async def keys(self, office: str, *, actor: str | None = None) -> list[ApiKey]:
        """Every key of an office, the newest first.

        Raises:
            NotFound: `no_such_office`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        return await self._run(lambda tx: keys.of_office(tx, who, office))

    async def key_revoke(self, office: str, name_or_id: str, *, actor: str | None = None) -> ApiKey:
        """End a key at once.

        Raises:
            NotFound: `no_such_office`, `no_such_key`; Forbidden: `not_staff`, `not_allowed`.
        """
        who = self._as(actor)
        detail = {"command": "key_revoke", "office": office}
        return await self._recorded(who, detail, lambda tx: keys.revoke(tx, who, office, name_or_id.strip()))


def checked_scopes(names: Collection[str]) -> frozenset[Scope]:
    """The scopes of those names, at least one.

    Raises:
        Invalid: `unknown_scope`.
    """
    known = {scope.value for scope in Scope}
    if not names or not known.issuperset(names):
        sentence = f"Name what the key is good for: {', '.join(sorted(known))}."
        raise Invalid("unknown_scope", sentence, field="scope")
    return frozenset(Scope(name) for name in names)


async def recognised(engine: AsyncEngine, secret: str, *, source: str, pace: Limit) -> ApiKey | None:
    """The key that a system came with; None where it opens nothing, which counts as a guess (T06).

    Raises:
        TooMany: `too_many_tries`, from a key that asks too often and from a source that guesses.
        Unavailable: nothing was written.
    """

    async def look(tx: AsyncConnection) -> ApiKey | None:
        found = await keys.of_secret(tx, secret)
        counted, owner = (KEY_GUESSES, source) if found is None else (pace, str(found.id))
        await rates.hit(tx, counted.key(owner), limit=counted.limit, window=counted.window)
        return found

    return await transact(engine, look)
