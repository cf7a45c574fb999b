"""The addresses of batches."""

from uuid import UUID

BATCHES = "/hub/offices/{office}/batches"
BATCH = "/hub/batches/{batch}"


def batch_path(batch: UUID) -> str:
    """The page of a batch."""
    return f"/hub/batches/{batch}"
