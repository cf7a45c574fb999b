"""Measurements, each beside what it should be compared with, in one run on one machine."""
