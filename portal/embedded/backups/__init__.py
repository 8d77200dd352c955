"""Backups of the portal: made, restored to any moment, tried out by themselves, and the drills that prove it."""
