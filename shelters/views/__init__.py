"""Pages of the search for a bed, of a child's stays, and of a shelter's own desk."""
