"""Messages by e-mail: composed from templates, handed to a mail server; no database, no Temporal, no clock."""
