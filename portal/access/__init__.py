"""Who may see what: sections, roles, grants, one decision, one list, and the wall in the database."""
