"""The tables of services, referrals and hand-overs."""
