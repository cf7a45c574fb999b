"""What two people may edit at once: which edition somebody has read, and the refusal where there is a newer one."""

import hashlib
import json
from dataclasses import asdict

from doorstep.domain.errors import Changed
from doorstep.domain.invitation import Office

NOT_ITS_OWN = ("approvers", "has_templates", "policy_id")


def edition_of(office: Office) -> str:
    """The same for the same settings and rules; its administrators have an edition of their own."""
    own = {name: value for name, value in asdict(office).items() if name not in NOT_ITS_OWN}
    return f"{office.policy_version}-{_digest(own)}"


def edition_of_approvers(office: Office) -> str:
    """The same for the same administrators, in whatever order."""
    return _digest(sorted(office.approvers))


def require_same(seen: object, present: object) -> None:
    """Refuse where somebody changed it since it was read; `seen` is None for whoever does not mind.

    Raises:
        Changed: `changed_meanwhile`.
    """
    if seen is not None and seen != present:
        raise changed_meanwhile()


def changed_meanwhile() -> Changed:
    """The refusal, which leaves what the other one wrote."""
    sentence = "Somebody changed this since you read it, and nothing was overwritten. Read it again, then change it."
    return Changed("changed_meanwhile", sentence)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
