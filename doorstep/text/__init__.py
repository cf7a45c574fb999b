"""Messages as texts to a phone: composed from templates, handed to a gateway; no database, no Temporal, no clock."""
