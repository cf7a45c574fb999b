"""Links, passwords and sessions: whatever must not be guessed."""
