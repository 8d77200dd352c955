"""The invented world that a demonstration shows."""
