"""The rules of onboarding, pure: no clock, no server, no framework."""
