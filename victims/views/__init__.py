"""Pages of the child's file and of series."""
