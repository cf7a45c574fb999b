"""Alembic migrations; `doorstep.store.migrate` runs them."""
