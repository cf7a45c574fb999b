"""Doorstep holds the people who stand on the doorstep of a customer portal until the right person lets them in."""
