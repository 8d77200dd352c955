"""Drills: what breaks is broken on purpose, in servers of its own, and what was acknowledged is counted afterwards."""
