"""The people of an agency: their accounts, roles, teams and training, and the link by which somebody joins."""
