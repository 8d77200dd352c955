"""Who changed and who looked: append-only events, tracked records and the one clock."""
