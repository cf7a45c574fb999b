"""PostgreSQL: tables, guarded updates and reads. Nobody else writes SQL or sees a row.

Functions take the connection of an open transaction first, never commit, and answer with dataclasses of the domain.
"""
