"""The embedded stack: PostgreSQL, Temporal and a mailbox from wheels, with the worker and the web on top of them.

For a newcomer, the tests and the demo; production runs `docker-compose.yml` or its own servers and never comes here.
"""
