-- What the bench adds to its own database: the same invented world every time, and tables to write to by hand.
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO owner;

-- A number from 0 to many - 1, always the same for the same n and salt.
CREATE FUNCTION bench.pick(n bigint, salt bigint, many bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  'SELECT (hashint8extended(n, salt) & 9223372036854775807) % many';

-- An id that is known by its number: 1 agencies, 2 teams, 3 people, 4 media, 5 series.
CREATE FUNCTION bench.key(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

-- The id of a record of a file.
CREATE FUNCTION bench.record(what text, child uuid, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT md5(what || child || n)::uuid $$;

-- A case number with its check digit (ISO 7064, MOD 11,10), as the portal gives them.
CREATE FUNCTION bench.case_number(n bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  digits text := '2026' || lpad(n::text, 7, '0');
  product integer := 10;
BEGIN
  FOR at IN 1..11 LOOP
    product := (product + substr(digits, at, 1)::integer) % 10;
    product := CASE product WHEN 0 THEN 10 ELSE product END * 2 % 11;
  END LOOP;
  RETURN 'VC-2026-' || substr(digits, 5) || '-' || (11 - product) % 10;
END $$;

-- The listed code names, one of which each file has.
CREATE TABLE bench.word (n bigint PRIMARY KEY, name text);

-- The tables of the hand-written save: the real ones without row-level security and without the history demand.
CREATE TABLE bench_careentry (LIKE victims_careentry INCLUDING ALL);
CREATE TABLE bench_historicalcareentry (LIKE victims_historicalcareentry INCLUDING ALL);
ALTER TABLE bench_careentry OWNER TO owner;
ALTER TABLE bench_historicalcareentry OWNER TO owner;
