"""What the timeline of a file says about access."""
