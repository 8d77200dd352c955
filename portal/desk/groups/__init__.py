"""The groups of the home page, by whom they are for."""
