"""Everything one machine needs: packages, PostgreSQL, Valkey, worker, beat and web, started and stopped together."""
