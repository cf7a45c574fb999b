"""Handing events over to the systems that listen: signed, and only out into the world."""
