"""Agencies, teams, people, their roles and training certificates."""
