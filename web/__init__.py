"""The pages of the portal: HTTP only; every decision is made behind the client API."""
