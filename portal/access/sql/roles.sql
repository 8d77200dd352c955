-- The database roles, made once per server by an administrator (the embedded server does it by itself).
-- The four login roles get their passwords from whoever runs this: ALTER ROLE app PASSWORD '...'.
--
-- owner     owns every table and policy; nobody signs in as it
-- guard     owns the definer functions and has policies of its own, instead of BYPASSRLS
-- migrator  becomes owner: migrations, seeding, backup
-- app       web and jobs: row-level security decides what it sees
-- clock     timers, matching, verification
-- anchor    signs the audit checkpoints
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'owner') THEN CREATE ROLE owner NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guard') THEN CREATE ROLE guard NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN CREATE ROLE app LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clock') THEN CREATE ROLE clock LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anchor') THEN CREATE ROLE anchor LOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'migrator') THEN CREATE ROLE migrator LOGIN NOINHERIT; END IF;
END
$$;
GRANT guard TO owner;
GRANT owner TO migrator;
ALTER ROLE app SET statement_timeout = '5s';
ALTER ROLE app SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE app SET log_parameter_max_length = 0;
