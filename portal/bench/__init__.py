"""Measurements: the project beside hand-written SQL and the libraries' documented usage."""
