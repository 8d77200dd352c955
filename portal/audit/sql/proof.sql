-- The proof: the changes of each file in a chain of commitments, and every event and every link as a leaf of a signed
-- checkpoint. What is committed is sealed once a minute; nobody who writes waits for it (docs/decisions/0044).

CREATE TABLE audit_root (
  root uuid PRIMARY KEY,
  key uuid DEFAULT gen_random_uuid(),  -- what commitments are made with; destroyed with the file
  seq bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT '\x'
);
CREATE TABLE audit_link (
  root uuid NOT NULL,
  seq bigint NOT NULL,
  source text NOT NULL,
  history_id uuid NOT NULL,
  record_id uuid NOT NULL,
  version integer NOT NULL,
  commitment bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (root, seq)
);
CREATE UNIQUE INDEX audit_link_row ON audit_link (history_id);
CREATE TABLE audit_checkpoint (
  number bigint PRIMARY KEY,
  made timestamptz NOT NULL,
  horizon xid8 NOT NULL,  -- what was written by an older transaction is sealed
  size integer NOT NULL,
  root bytea NOT NULL,
  previous bytea NOT NULL,
  note jsonb NOT NULL,
  hash bytea NOT NULL,
  key varchar(16) NOT NULL,
  signature bytea NOT NULL
);
CREATE TABLE audit_erased (  -- what an erasure emptied, history rows and purposes, and what is left of each (docs/decisions/0048)
  history_id uuid PRIMARY KEY,  -- or the id of an event
  erasure uuid NOT NULL,
  file uuid NOT NULL,
  source text NOT NULL,
  remains bytea NOT NULL
);
CREATE INDEX audit_erased_by ON audit_erased (erasure);
CREATE INDEX audit_erased_of ON audit_erased (file);
CREATE TABLE audit_told (  -- the events that tell of erasures, kept when their month leaves the database
  event_id uuid PRIMARY KEY,
  text text NOT NULL
);
CREATE TABLE audit_verification (
  at timestamptz PRIMARY KEY,
  checkpoint bigint NOT NULL,  -- the newest one then
  code smallint NOT NULL CHECK (code IN (0, 1, 2)),  -- clean, tampered, cannot tell
  words text[] NOT NULL,
  seconds real NOT NULL,
  with_keys boolean NOT NULL DEFAULT false  -- whether MACs are right was asked too
);
CREATE TABLE audit_leaf (
  checkpoint bigint NOT NULL,
  place integer NOT NULL,
  kind char(1) NOT NULL CHECK (kind IN ('e', 'l')),  -- an event, or a link
  id uuid NOT NULL,
  recorded timestamptz,  -- of an event
  leaf bytea NOT NULL,
  PRIMARY KEY (checkpoint, place)
);
CREATE UNIQUE INDEX audit_leaf_of ON audit_leaf (id, kind);
CREATE INDEX audit_leaf_recorded ON audit_leaf USING brin (recorded);
CREATE INDEX audit_event_tx ON audit_event (tx);
-- By which each change finds its event: many are of one moment where one act wrote many records.
CREATE INDEX audit_event_said ON audit_event (entity_id, recorded) WHERE action <> 'R' AND entity_id IS NOT NULL;
-- Months of events that stand in a file and no longer in the database: each is said by an event of its own, whose text
-- stays here. Nothing rests on these rows: the leaves of the events stay, and the file has to fit them.
CREATE TABLE audit_away (
  month date PRIMARY KEY CHECK (month = date_trunc('month', month)),
  file text NOT NULL,
  events bigint NOT NULL,
  sha256 text NOT NULL,
  root text NOT NULL,  -- of its leaves, in the order of time and id
  event_id uuid NOT NULL,
  text text NOT NULL
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY '{audit_link,audit_checkpoint,audit_leaf,audit_verification,audit_away,audit_erased,audit_told}'::text[] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()',
                   name || '_fixed', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()',
                   name || '_kept', name);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO guard', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON audit_root TO guard;
GRANT SELECT ON audit_checkpoint TO app, clock, anchor;  -- numbers, hashes and times
GRANT SELECT ON audit_away TO app, anchor;  -- which months, and hashes
GRANT SELECT ON audit_verification TO anchor, guard;  -- its words hold ids of files
GRANT SELECT ON audit_leaf TO anchor;  -- hashes, to make roots of them
GRANT INSERT (at, checkpoint, code, words, seconds) ON audit_verification TO anchor;  -- of keys that it has not it says nothing

-- Of the purpose of an event stands its hash alone: what somebody typed can be kept from a reader of the proof, and erased;
-- the hash stays then.
CREATE FUNCTION audit.purpose_hash(e audit_event) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN e.purpose_hash <> '' THEN e.purpose_hash
              ELSE encode(sha256(uuid_send(e.id) || convert_to(e.purpose, 'UTF8')), 'hex') END $$;

-- Whether a purpose was taken out of an event by no erasure, or another one put in its place.
CREATE FUNCTION audit.purpose_was_taken(e audit_event) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT e.purpose_hash <> '' AND (e.purpose <> '' OR NOT EXISTS (SELECT FROM public.audit_erased x WHERE x.history_id = e.id
    AND x.remains = decode(e.purpose_hash, 'hex'))) $$;

-- The text of an event, as its hash is made of it; docs/verify.md names each part.
CREATE FUNCTION audit.text_of(e audit_event) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT jsonb_build_array(e.id, to_char(e.recorded AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.tx::text, e.kind,
    e.action, e.outcome, e.reason_code, e.child_id, e.series_id, e.entity, e.entity_id, e.entities, e.sections, e.basis,
    audit.purpose_hash(e), e.details, e.person_id, e.person, e.agency_id, e.agency, e.role, e.via, e.session, e.request_id,
    e.address, encode(e.mac, 'hex'))::text $$;
CREATE FUNCTION audit.leaf(e audit_event) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT sha256('\x0065'::bytea || convert_to(audit.text_of(e), 'UTF8')) $$;

-- Older transactions than this are sealed.
CREATE FUNCTION audit.horizon() RETURNS xid8
LANGUAGE sql STABLE AS $$ SELECT coalesce((SELECT c.horizon FROM public.audit_checkpoint c ORDER BY c.number DESC LIMIT 1), '0') $$;

-- Whether the events of a month stand in the database; the months of which they do not; since when all of them do.
CREATE FUNCTION audit.is_here(month date) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'public.audit_event'::regclass
                   AND NOT i.inhdetachpending AND c.relname = 'audit_event_' || to_char(month, 'YYYY_MM')) $$;
CREATE FUNCTION audit.months_away() RETURNS SETOF date
LANGUAGE sql STABLE AS $$ SELECT a.month FROM public.audit_away a WHERE NOT audit.is_here(a.month) $$;
CREATE FUNCTION audit.here_since() RETURNS date
LANGUAGE sql STABLE AS $$ SELECT (max(m) + interval '1 month')::date FROM audit.months_away() m $$;

CREATE FUNCTION audit.link_leaf(l audit_link) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT sha256('\x006c'::bytea || l.hash) $$;

CREATE FUNCTION audit.link_hash(root uuid, seq bigint, source text, history_id uuid, record_id uuid, version integer,
                                commitment bytea, before bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256('\x02'::bytea || before || convert_to(jsonb_build_array(root, seq, source, history_id, record_id, version,
    encode(commitment, 'hex'))::text, 'UTF8')) $$;

-- The commitment to a history row: its fields that say something, so that a column which is added later and empty changes
-- none that was made before.
CREATE FUNCTION audit.commitment(key uuid, source text, kept jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sha256(uuid_send(key) || convert_to(source || (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(kept) f
    WHERE f.key <> 'tx' AND f.value NOT IN ('null', '""', '[]', '{}', 'false', '0'))::text, 'UTF8')) $$;

-- What commitments are made with once the key of a file is destroyed: nothing is left to guess.
CREATE FUNCTION audit.no_key() RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT '00000000-0000-0000-0000-000000000000'::uuid $$;

-- The hash over what an erasure left: it stands in the event of the erasure.
CREATE FUNCTION audit.erased_digest(which uuid) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(coalesce(string_agg(uuid_send(x.history_id) || x.remains, ''::bytea ORDER BY x.history_id), '')), 'hex')
    FROM public.audit_erased x WHERE x.erasure = which $$;

-- The file, else the series, else the record itself: whose chain a history row belongs to.
CREATE FUNCTION audit.root_of(kept jsonb) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(kept ->> 'child_id', kept ->> 'series_id', kept ->> 'id')::uuid $$;

-- The tables of history that the database demands (portal/audit/demand.py): each row says which transaction wrote it.
CREATE FUNCTION audit.histories() RETURNS SETOF text
LANGUAGE sql STABLE AS $$
  SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tx'
   WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname ~ '_historical' $$;

-- The column by which rows of a table, or of its history, name the file that they belong to; no row but the file's own has its id.
CREATE FUNCTION audit.file_column(name text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = ('public.' || name)::regclass AND a.attname = 'child_id')
              THEN 'child_id' ELSE 'id' END $$;

-- Every history row in one table expression; %s is a condition on h.
CREATE FUNCTION audit.all_rows(condition text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT string_agg(format('SELECT %L AS source, h.history_id, h.id, h.version, h.tx, to_jsonb(h) AS kept FROM public.%I h WHERE %s',
                           replace(name, '_historical', '_'), name, condition), ' UNION ALL ')
    FROM audit.histories() name $$;

-- Gives what is committed and not sealed yet its links and leaves, at most so many of each, and returns the leaves in their
-- order. Asked again by the signer until nothing is left; one at a time. The oldest transactions come first and the horizon
-- moves on with them, so that a backlog of weeks is not looked through again for each part of it.
CREATE FUNCTION audit.seal(most integer) RETURNS TABLE (number bigint, horizon xid8, previous bytea, leaves bytea[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
DECLARE
  last public.audit_checkpoint;
  since xid8;
  kept record;
  chain public.audit_root;
  links integer := 0;
  last_link xid8 := '0';
  events integer;
  last_event xid8;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit.seal'));
  SELECT c.* INTO last FROM public.audit_checkpoint c ORDER BY c.number DESC LIMIT 1;
  number := coalesce(last.number, 0) + 1;
  previous := coalesce(last.hash, '\x');
  since := coalesce(last.horizon, '0');
  horizon := pg_snapshot_xmin(pg_current_snapshot());
  FOR kept IN EXECUTE 'SELECT * FROM (SELECT *, audit.root_of(n.kept) AS root FROM (' || audit.all_rows(
      'h.tx >= $1 AND NOT EXISTS (SELECT FROM public.audit_link l WHERE l.history_id = h.history_id)')
      || ') n ORDER BY n.tx, n.history_id LIMIT $2) m ORDER BY m.history_id' USING since, most LOOP
    INSERT INTO public.audit_root (root) VALUES (kept.root) ON CONFLICT DO NOTHING;
    SELECT r.* INTO chain FROM public.audit_root r WHERE r.root = kept.root;
    INSERT INTO public.audit_link AS l (root, seq, source, history_id, record_id, version, commitment, hash)
      SELECT kept.root, chain.seq + 1, kept.source, kept.history_id, kept.id, kept.version, c.commitment,
             audit.link_hash(kept.root, chain.seq + 1, kept.source, kept.history_id, kept.id, kept.version, c.commitment, chain.hash)
        FROM (SELECT audit.commitment(coalesce(chain.key, audit.no_key()), kept.source, kept.kept) AS commitment) c
      RETURNING l.hash INTO chain.hash;
    UPDATE public.audit_root r SET seq = chain.seq + 1, hash = chain.hash WHERE r.root = kept.root;
    links := links + 1;
    IF kept.tx > last_link THEN last_link := kept.tx; END IF;
    INSERT INTO public.audit_leaf VALUES (number, links, 'l', kept.history_id, NULL, sha256('\x006c'::bytea || chain.hash));
  END LOOP;
  WITH taken AS MATERIALIZED (
    SELECT e.id, e.recorded, e.tx, audit.leaf(e) AS leaf FROM public.audit_event e
     WHERE e.tx >= since AND NOT EXISTS (SELECT FROM public.audit_leaf f WHERE f.id = e.id AND f.kind = 'e')
     ORDER BY e.tx, e.recorded, e.id LIMIT most),
  once AS (  -- a second event under the same id stops nothing: it has no leaf, and is named as added
    SELECT DISTINCT ON (t.id) t.* FROM taken t ORDER BY t.id, t.recorded),
  put AS (
    INSERT INTO public.audit_leaf
      SELECT number, links + row_number() OVER (ORDER BY o.recorded, o.id), 'e', o.id, o.recorded, o.leaf FROM once o)
  SELECT count(*), (SELECT t.tx FROM taken t ORDER BY t.tx DESC LIMIT 1) INTO events, last_event FROM taken;
  -- What is left was written by these transactions or by later ones.
  IF links = most AND last_link < horizon THEN horizon := last_link; END IF;
  IF events = most AND last_event < horizon THEN horizon := last_event; END IF;
  leaves := ARRAY(SELECT f.leaf FROM public.audit_leaf f WHERE f.checkpoint = number ORDER BY f.place);
  RETURN NEXT;
END $$;

CREATE FUNCTION audit.put_checkpoint(number bigint, made timestamptz, horizon xid8, size integer, root bytea, previous bytea,
                                     note jsonb, hash bytea, key varchar, signature bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO public.audit_checkpoint VALUES (number, made, horizon, size, root, previous, note, hash, key, signature) $$;

-- What does not fit. Each asks about one chain, or about all of them.

CREATE FUNCTION audit.bad_links(wanted uuid) RETURNS TABLE (root uuid, seq bigint, history_id uuid, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT n.root, n.seq, n.history_id, CASE WHEN n.seq <> n.place THEN 'a link before it is missing' ELSE 'its link was altered' END
    FROM (SELECT l.*, row_number() OVER chain AS place, coalesce(lag(l.hash) OVER chain, '\x') AS before
            FROM public.audit_link l WHERE wanted IS NULL OR l.root = wanted
          WINDOW chain AS (PARTITION BY l.root ORDER BY l.seq)) n
   WHERE n.seq <> n.place OR n.hash <> audit.link_hash(n.root, n.seq, n.source, n.history_id, n.record_id, n.version,
                                                       n.commitment, n.before)
  UNION ALL
  SELECT r.root, r.seq, l.history_id, 'the end of its chain was altered'
    FROM public.audit_root r LEFT JOIN LATERAL (SELECT k.seq, k.hash, k.history_id FROM public.audit_link k WHERE k.root = r.root
                                                 ORDER BY k.seq DESC LIMIT 1) l ON true
   WHERE (wanted IS NULL OR r.root = wanted) AND (r.seq, r.hash) IS DISTINCT FROM (coalesce(l.seq, 0), coalesce(l.hash, '\x'))
  UNION ALL
  SELECT l.root, l.seq, l.history_id, 'its chain has no beginning'
    FROM public.audit_link l WHERE (wanted IS NULL OR l.root = wanted)
     AND NOT EXISTS (SELECT FROM public.audit_root r WHERE r.root = l.root) $$;

-- History rows against their commitments, and the records as they stand against their last history row.
CREATE FUNCTION audit.bad_rows(wanted uuid) RETURNS TABLE (source text, record_id uuid, version integer, history_id uuid, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
DECLARE
  horizon xid8 := audit.horizon();
  history text;
  columns text[];
  is_there boolean := true;
BEGIN
  FOR history IN SELECT h FROM audit.histories() h LOOP
    source := replace(history, '_historical', '_');
    IF wanted IS NOT NULL THEN  -- most tables hold nothing of one file, and looking is quicker than comparing nothing
      EXECUTE format('SELECT EXISTS (SELECT FROM public.%1$I n WHERE n.%3$I = $1) OR EXISTS (SELECT FROM public.%2$I n WHERE n.%3$I = $1)
        OR EXISTS (SELECT FROM public.audit_link k WHERE k.root = $1 AND k.source = %1$L)', source, history, audit.file_column(source))
        INTO is_there USING wanted;
      CONTINUE WHEN NOT is_there;
    END IF;
    columns := ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = ('public.' || source)::regclass AND a.attnum > 0
                     AND NOT EXISTS (SELECT FROM pg_attribute b WHERE b.attrelid = ('public.' || history)::regclass
                                       AND b.attname = a.attname));
    RETURN QUERY EXECUTE format($q$
      SELECT %1$L, coalesce(h.id, l.record_id), coalesce(h.version, l.version), coalesce(h.history_id, l.history_id),
             CASE WHEN h.id IS NULL THEN 'was deleted from the history' WHEN l.root IS NULL THEN 'was added to the history'
                  ELSE 'was altered in the history' END
        FROM (SELECT * FROM public.%2$I n WHERE %3$s) h
        FULL JOIN (SELECT k.*, r.key FROM public.audit_link k JOIN public.audit_root r ON r.root = k.root
                    WHERE k.source = %1$L AND %4$s) l ON l.history_id = h.history_id
        LEFT JOIN public.audit_erased x ON x.history_id = h.history_id
       WHERE h.id IS NULL OR (l.root IS NULL AND h.tx < $2)
          OR CASE WHEN x.history_id IS NULL THEN l.commitment <> audit.commitment(coalesce(l.key, audit.no_key()), %1$L, to_jsonb(h))
                  ELSE x.remains <> audit.commitment(audit.no_key(), %1$L, to_jsonb(h)) END
      UNION ALL
      SELECT %1$L, coalesce(t.id, h.id), coalesce(t.version, h.version), h.history_id,
             CASE WHEN t.id IS NULL THEN 'was deleted' WHEN h.id IS NULL THEN 'was added without a history'
                  ELSE 'differs from its last history row' END
        FROM (SELECT * FROM public.%1$I n WHERE %3$s) t
        FULL JOIN (SELECT DISTINCT ON (n.id) n.* FROM public.%2$I n WHERE %3$s ORDER BY n.id, n.version DESC) h ON h.id = t.id
       WHERE t.id IS NULL OR h.id IS NULL OR NOT to_jsonb(h) @> (to_jsonb(t) - $3)$q$,
      source, history, CASE WHEN wanted IS NULL THEN 'true' ELSE format('n.%I = $1', audit.file_column(source)) END,
      CASE WHEN wanted IS NULL THEN 'true' ELSE 'k.root = $1' END)
      USING wanted, horizon, columns;
  END LOOP;
END $$;

-- Whether there is a MAC: the name of a key and 32 bytes. What else stands there nobody could compare under any key.
CREATE FUNCTION audit.is_marked(mac bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT octet_length(mac) = 36 $$;

-- What events say of erasures, of their proposal and of the decision: as they stand, and as they stood when their month left
-- the database and their leaf stayed.
CREATE FUNCTION audit.told_of_erasures()
RETURNS TABLE (event uuid, kind text, action text, file uuid, erasure uuid, recorded timestamptz, person uuid, details jsonb, is_marked boolean)
LANGUAGE sql STABLE AS $$
  SELECT e.id, e.kind, e.action, e.child_id, e.entity_id, e.recorded, e.person_id, e.details, audit.is_marked(e.mac)
    FROM public.audit_event e
   WHERE e.entity = 'access.erasure' AND e.action <> 'R'
  UNION ALL
  SELECT (k.said ->> 0)::uuid, k.said ->> 3, k.said ->> 4, (k.said ->> 7)::uuid, (k.said ->> 10)::uuid, (k.said ->> 1)::timestamptz,
         (k.said ->> 16)::uuid, k.said -> 15, audit.is_marked(decode(k.said ->> 25, 'hex'))
    FROM (SELECT t.text::jsonb AS said FROM public.audit_told t JOIN public.audit_leaf f ON f.id = t.event_id AND f.kind = 'e'
      AND f.leaf = sha256('\x0065'::bytea || convert_to(t.text, 'UTF8'))) k $$;
CREATE FUNCTION audit.erasures_told()
RETURNS TABLE (event uuid, file uuid, erasure uuid, recorded timestamptz, rows text, digest text)
LANGUAGE sql STABLE AS $$
  SELECT t.event, t.file, t.erasure, t.recorded, t.details ->> 'rows', t.details ->> 'digest' FROM audit.told_of_erasures() t
   WHERE t.kind = 'erasure' AND t.action = 'D' $$;

-- Rows that are said to have been erased, and no event of an erasure says so, or more than one: a later one could excuse what
-- was altered after the erasure.
CREATE FUNCTION audit.bad_erasures(wanted uuid) RETURNS TABLE (file uuid, erasure uuid, rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT g.file, g.erasure, g.rows FROM (SELECT x.file, x.erasure, count(*) AS rows FROM public.audit_erased x
      WHERE wanted IS NULL OR x.file = wanted GROUP BY x.file, x.erasure) g
   WHERE NOT EXISTS (SELECT FROM audit.erasures_told() t WHERE t.file = g.file AND t.erasure = g.erasure
     AND t.digest = audit.erased_digest(g.erasure) AND t.rows = g.rows::text)
      OR (SELECT count(DISTINCT t.event) FROM audit.erasures_told() t WHERE t.erasure = g.erasure) > 1 $$;

-- What was erased of a file, or of all of them: when, and how many rows of the history hold nothing any more.
CREATE FUNCTION audit.erasures(wanted uuid) RETURNS TABLE (file uuid, erasure uuid, recorded timestamptz, rows bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT x.file, x.erasure, (SELECT min(t.recorded) FROM audit.erasures_told() t WHERE t.file = x.file AND t.erasure = x.erasure), count(*)
    FROM public.audit_erased x WHERE wanted IS NULL OR x.file = wanted GROUP BY x.file, x.erasure $$;

-- Events and links against their leaves, between two checkpoints.
CREATE FUNCTION audit.bad_leaves(first bigint, last bigint)
RETURNS TABLE (checkpoint bigint, place integer, kind char(1), id uuid, recorded timestamptz, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT f.checkpoint, f.place, f.kind, f.id, f.recorded, CASE WHEN e.id IS NULL THEN 'was deleted' ELSE 'was altered' END
    FROM public.audit_leaf f LEFT JOIN public.audit_event e ON e.id = f.id AND e.recorded = f.recorded
   WHERE f.kind = 'e' AND f.checkpoint BETWEEN first AND last
     AND CASE WHEN e.id IS NULL THEN date_trunc('month', f.recorded AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT audit.months_away()))
              ELSE f.leaf <> audit.leaf(e) OR audit.purpose_was_taken(e) END
  UNION ALL
  SELECT f.checkpoint, f.place, f.kind, f.id, NULL, CASE WHEN l.root IS NULL THEN 'was deleted' ELSE 'was altered' END
    FROM public.audit_leaf f LEFT JOIN public.audit_link l ON l.history_id = f.id
   WHERE f.kind = 'l' AND f.checkpoint BETWEEN first AND last AND (l.root IS NULL OR f.leaf <> audit.link_leaf(l))
  UNION ALL
  SELECT NULL, NULL, 'e', e.id, e.recorded, 'was added' FROM public.audit_event e
   WHERE e.tx < audit.horizon()
     AND NOT EXISTS (SELECT FROM public.audit_leaf f WHERE f.id = e.id AND f.recorded = e.recorded AND f.kind = 'e')
  UNION ALL
  SELECT NULL, NULL, 'l', l.history_id, NULL, 'was added' FROM public.audit_link l
   WHERE NOT EXISTS (SELECT FROM public.audit_leaf f WHERE f.id = l.history_id AND f.kind = 'l') $$;

-- The same of one file. What was deleted has no name in a leaf: that is found where everything is compared.
CREATE FUNCTION audit.bad_leaves_of(wanted uuid)
RETURNS TABLE (checkpoint bigint, place integer, kind char(1), id uuid, recorded timestamptz, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT f.checkpoint, f.place, 'e', e.id, e.recorded, CASE WHEN f.id IS NULL THEN 'was added' ELSE 'was altered' END
    FROM public.audit_event e LEFT JOIN public.audit_leaf f ON f.id = e.id AND f.kind = 'e'
   WHERE e.child_id = wanted AND (f.leaf <> audit.leaf(e) OR audit.purpose_was_taken(e) OR f.recorded <> e.recorded OR (f.id IS NULL AND e.tx < audit.horizon()))
  UNION ALL
  SELECT f.checkpoint, f.place, 'l', l.history_id, NULL, CASE WHEN f.id IS NULL THEN 'was added' ELSE 'was altered' END
    FROM public.audit_link l LEFT JOIN public.audit_leaf f ON f.id = l.history_id AND f.kind = 'l'
   WHERE l.root = wanted AND (f.id IS NULL OR f.leaf <> audit.link_leaf(l)) $$;

-- Events without a MAC that the application would have written, or with what is none, and those of the database (own: kind, action,
-- entity) that stand beside no act of the same person. Whether the others' MACs fit is asked where the key is known.
CREATE FUNCTION audit.unmarked(wanted uuid, own text[]) RETURNS TABLE (id uuid, recorded timestamptz, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT e.id, e.recorded, CASE WHEN e.mac <> '' THEN 'bears a MAC of a wrong length'
                                WHEN concat_ws(' ', e.kind, e.action, e.entity) = ANY (own) THEN 'stands beside no act of the application'
                                ELSE 'was not written by the application' END
    FROM public.audit_event e
   WHERE NOT audit.is_marked(e.mac) AND (wanted IS NULL OR e.child_id = wanted)
     AND NOT (e.mac = '' AND concat_ws(' ', e.kind, e.action, e.entity) = ANY (own) AND EXISTS (SELECT FROM public.audit_event a
       WHERE a.recorded = e.recorded AND a.tx = e.tx AND audit.is_marked(a.mac) AND a.action <> 'R'
         AND a.person_id IS NOT DISTINCT FROM e.person_id)) $$;

-- Changes beside which the application wrote no event: fewer that name the record than rows of it, in that transaction. What
-- functions of the database write besides (those tables) stands beside some act of the same person. Of the same transaction too,
-- and not of its moment alone: what is written later beside an old act would be one that was sealed then. Rows that an erasure
-- emptied are proved by that, and rows that were sealed before the last events of a month that left the database were compared
-- while it was here.
CREATE FUNCTION audit.unsaid(wanted uuid, beside text[]) RETURNS TABLE (source text, record_id uuid, version integer, history_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  history text;
  here timestamptz := audit.here_since()::timestamp AT TIME ZONE 'UTC';
  old bigint := (SELECT max(f.checkpoint) FROM public.audit_leaf f WHERE f.kind = 'e' AND f.recorded < here);
BEGIN
  FOR history IN SELECT h FROM audit.histories() h LOOP
    source := replace(history, '_historical', '_');
    RETURN QUERY EXECUTE format($q$
      SELECT %1$L, g.id, g.version, g.history_id
        FROM (SELECT h.id, h.history_date, h.history_user_id, h.tx, count(*) AS rows, max(h.version) AS version,
                     (array_agg(h.history_id ORDER BY h.version DESC))[1] AS history_id
                FROM public.%2$I h WHERE ($1 IS NULL OR h.%3$I = $1)
                 AND NOT EXISTS (SELECT FROM public.audit_erased x WHERE x.history_id = h.history_id)
                 AND (h.history_date >= $4 OR NOT EXISTS (SELECT FROM public.audit_leaf f
                   WHERE f.id = h.history_id AND f.kind = 'l' AND f.checkpoint <= $3))
               GROUP BY h.id, h.history_date, h.history_user_id, h.tx) g
       WHERE g.rows > (SELECT count(*) FROM public.audit_event e WHERE e.recorded = g.history_date AND e.tx = g.tx AND e.entity_id = g.id
                          AND replace(e.entity, '.', '_') = %1$L AND e.outcome = 'ok' AND e.action <> 'R' AND audit.is_marked(e.mac)
                          AND e.person_id IS NOT DISTINCT FROM g.history_user_id)
         AND NOT (%1$L = ANY ($2) AND EXISTS (SELECT FROM public.audit_event e WHERE e.recorded = g.history_date AND e.tx = g.tx
                          AND audit.is_marked(e.mac) AND e.action <> 'R' AND e.person_id IS NOT DISTINCT FROM g.history_user_id))$q$,
      source, history, audit.file_column(source)) USING wanted, beside, old, coalesce(here, '-infinity');
  END LOOP;
END $$;

-- What a verifier that trusts no database needs to know of history rows: their commitments, made anew, and whether the record
-- as it stands is the last of them.
CREATE FUNCTION audit.rows_of(wanted uuid)
RETURNS TABLE (source text, history_id uuid, record_id uuid, version integer, commitment bytea, remains bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' SET intervalstyle = 'iso_8601' AS $$
BEGIN
  RETURN QUERY EXECUTE 'SELECT n.source, n.history_id, n.id, n.version,
      audit.commitment(coalesce(r.key, audit.no_key()), n.source, n.kept), audit.commitment(audit.no_key(), n.source, n.kept)
    FROM (' || audit.all_rows('$1 IS NULL OR audit.root_of(to_jsonb(h)) = $1') || ') n
    LEFT JOIN public.audit_root r ON r.root = audit.root_of(n.kept) ORDER BY n.history_id' USING wanted;
END $$;

DO $$
DECLARE
  f record;
BEGIN
  FOR f IN SELECT p.oid::regprocedure AS called FROM pg_proc p
            WHERE p.pronamespace = 'audit'::regnamespace AND p.prosecdef AND p.proname <> 'make_partitions' LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO guard', f.called);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.called);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO owner, anchor', f.called);
  END LOOP;
END $$;
