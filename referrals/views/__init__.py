"""Pages of services, referrals and hand-overs."""
