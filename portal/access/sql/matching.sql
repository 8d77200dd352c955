-- The comparison of hashes. Every new file is compared with everything, whoever may see it; what is found is shown only to
-- those who may see both sides, and to the others as a count.

-- The values that differ from a piece of a hash in two bits at most.
CREATE FUNCTION access.flips(piece integer, bits integer) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT array_agg(piece # (1 << i) # CASE WHEN j < 0 THEN 0 ELSE 1 << j END)
            FROM generate_series(0, bits - 1) AS i CROSS JOIN LATERAL generate_series(-1, i - 1) AS j) || piece;
END $$;

-- All files within 31 bits of a PDQ hash, nearest first, a thousand at most. Of eleven pieces at least one differs in two
-- bits or fewer, so nothing is missed: the eleven indexes give some thousand candidates, whatever the size of the table.
-- Files whose sender called the hash poor (quality below 50) are near to anything flat or dark: they are left out.
CREATE FUNCTION access.near_media(wanted bit) RETURNS TABLE (media_id uuid, series_id uuid, distance integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  p0 integer[] := access.flips(substring(wanted, 1, 24)::integer, 24);
  p1 integer[] := access.flips(substring(wanted, 25, 24)::integer, 24);
  p2 integer[] := access.flips(substring(wanted, 49, 24)::integer, 24);
  p3 integer[] := access.flips(substring(wanted, 73, 23)::integer, 23);
  p4 integer[] := access.flips(substring(wanted, 96, 23)::integer, 23);
  p5 integer[] := access.flips(substring(wanted, 119, 23)::integer, 23);
  p6 integer[] := access.flips(substring(wanted, 142, 23)::integer, 23);
  p7 integer[] := access.flips(substring(wanted, 165, 23)::integer, 23);
  p8 integer[] := access.flips(substring(wanted, 188, 23)::integer, 23);
  p9 integer[] := access.flips(substring(wanted, 211, 23)::integer, 23);
  p10 integer[] := access.flips(substring(wanted, 234, 23)::integer, 23);
BEGIN
  RETURN QUERY SELECT p.media_id, p.series_id, bit_count(p.hash # wanted)::integer AS bits FROM public.victims_perceptualhash p
   WHERE (p.c0 = ANY (p0) OR p.c1 = ANY (p1) OR p.c2 = ANY (p2) OR p.c3 = ANY (p3) OR p.c4 = ANY (p4) OR p.c5 = ANY (p5)
          OR p.c6 = ANY (p6) OR p.c7 = ANY (p7) OR p.c8 = ANY (p8) OR p.c9 = ANY (p9) OR p.c10 = ANY (p10))
     AND bit_count(p.hash # wanted) <= 31 AND coalesce(p.quality, 100) >= 50
   ORDER BY bits, p.media_id LIMIT 1000;
END $$;

-- Compares the next files of an import with everything, for whoever reads it in; returns the position of the last one, and
-- nothing when all are compared. What is known already stays as it is. Two files that one import puts into one series say
-- nothing of two series: they are not paired.
CREATE FUNCTION access.match_media(which uuid, after integer, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
  at timestamptz := public.app_now();
  batch uuid[];
  last integer;
BEGIN
  IF NOT EXISTS (SELECT FROM public.victims_import i WHERE i.id = which AND i.person_id = access.person()) THEN
    RAISE EXCEPTION 'this import is not this person''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT array_agg(m.id), max(m.position) INTO batch, last FROM (SELECT id, position FROM public.victims_media
    WHERE import_id = which AND position > after ORDER BY position LIMIT most) m;
  IF last IS NULL THEN RETURN NULL; END IF;
  WITH found AS MATERIALIZED (
    SELECT n.media_id AS mine, n.series_id AS here, o.media_id AS other, o.series_id AS there, 4 AS kind, o.distance
      FROM public.victims_perceptualhash n CROSS JOIN LATERAL access.near_media(n.hash) o
     WHERE n.media_id = ANY (batch) AND coalesce(n.quality, 100) >= 50
    UNION ALL
    SELECT n.media_id, n.series_id, o.media_id, o.series_id, n.kind, NULL
      FROM public.victims_mediahash n CROSS JOIN LATERAL (SELECT h.media_id, h.series_id FROM public.victims_mediahash h
        WHERE h.kind = n.kind AND h.value = n.value ORDER BY h.id LIMIT 1000) o
     WHERE n.media_id = ANY (batch) AND n.kind IN (1, 2, 3, 5)
  ), told AS (
    SELECT f.*, (here, mine) > (there, other) AS turned FROM found f JOIN public.victims_media m ON m.id = f.other
     WHERE mine <> other AND NOT (here = there AND m.import_id = which)
  ), added AS (
    INSERT INTO public.victims_seriespair (id, series_a_id, series_b_id, identical, near, found, latest, state)
    SELECT uuidv7(), a, b, 0, 0, at, at, 1 FROM (SELECT DISTINCT least(here, there) AS a, greatest(here, there) AS b FROM told) s
    ON CONFLICT (series_a_id, series_b_id) DO NOTHING RETURNING id, series_a_id, series_b_id
  ), pairs AS (
    SELECT id, series_a_id, series_b_id FROM added UNION ALL
    SELECT s.id, series_a_id, series_b_id FROM public.victims_seriespair s
      JOIN (SELECT DISTINCT least(here, there) AS a, greatest(here, there) AS b FROM told) t ON series_a_id = a AND series_b_id = b
  )
  INSERT INTO public.victims_mediamatch (pair_id, a_id, b_id, kind, distance, import_id, made)
  SELECT DISTINCT ON (4, 2, 3) p.id, CASE WHEN turned THEN other ELSE mine END, CASE WHEN turned THEN mine ELSE other END,
         kind, distance, which, at
    FROM told JOIN pairs p ON p.series_a_id = least(here, there) AND p.series_b_id = greatest(here, there)
  ON CONFLICT (a_id, b_id, kind) DO NOTHING;
  RETURN last;
END $$;

-- Counts anew the pairs that an import added to.
CREATE FUNCTION access.count_matches(which uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.victims_import i WHERE i.id = which AND i.person_id = access.person()) THEN
    RAISE EXCEPTION 'this import is not this person''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.victims_seriespair p SET identical = c.identical, near = c.near, latest = public.app_now() FROM (
    SELECT pair_id, count(*) FILTER (WHERE exact) AS identical, count(*) FILTER (WHERE NOT exact) AS near FROM (
      SELECT m.pair_id, bool_or(m.kind <> 4) AS exact FROM public.victims_mediamatch m
       WHERE m.pair_id IN (SELECT t.pair_id FROM public.victims_mediamatch t WHERE t.import_id = which)
       GROUP BY m.pair_id, m.a_id, m.b_id) files GROUP BY pair_id) c
   WHERE p.id = c.pair_id;
END $$;

-- Is this series open to the person, by a grant or because it is the network's?
CREATE FUNCTION access.holds_series(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.roams() AND (EXISTS (SELECT FROM public.access_seriesgrouppermission r WHERE r.content_object_id = which
       AND r.permission_id = 1901 AND r.group_id = ANY (access.groups()) AND r.valid_until > public.app_now())
     OR EXISTS (SELECT FROM public.access_seriesuserpermission r WHERE r.content_object_id = which
       AND r.permission_id = 1901 AND r.user_id = access.person() AND r.valid_until > public.app_now()));
END $$;

-- May the person change this series?
CREATE FUNCTION access.changes_series(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.roams() AND (EXISTS (SELECT FROM public.access_seriesgrouppermission r WHERE r.content_object_id = which
       AND r.permission_id = 1902 AND r.group_id = ANY (access.groups()) AND r.valid_until > public.app_now())
     OR EXISTS (SELECT FROM public.access_seriesuserpermission r WHERE r.content_object_id = which
       AND r.permission_id = 1902 AND r.user_id = access.person() AND r.valid_until > public.app_now()));
END $$;

CREATE FUNCTION access.sees_series(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.roams() AND (EXISTS (SELECT FROM public.victims_series s WHERE s.id = which AND s.is_network)
    OR access.holds_series(which));
END $$;

-- Has a child in this series a confirmed name, for anybody but those who hold the series? Then there is no further work. Only
-- a link that stands by the holder of the series says so: nobody takes a match away from others by linking a child of their own.
CREATE FUNCTION access.is_settled(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.victims_childseries l JOIN public.victims_child c ON c.id = l.child_id
      WHERE l.series_id = which AND l.stands AND l.ended IS NULL AND (c.identity = 4 OR access.sealed_away(c.id)))
    AND NOT access.holds_series(which) AND access.sees_series(which);
END $$;

CREATE FUNCTION access.opens_pair(a uuid, b uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.sees_series(a) AND access.sees_series(b) AND NOT access.is_settled(a) AND NOT access.is_settled(b);
END $$;

-- Does one of the two series show a child whose file is sealed away from the person? Of such a file nothing is told.
CREATE FUNCTION access.is_of_sealed(a uuid, b uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.victims_childseries l WHERE l.series_id IN (a, b) AND l.ended IS NULL
    AND access.sealed_away(l.child_id));
END $$;

-- How many files of a series, or of an import of the person's own agency, match files that are held by others or of a child
-- who is identified. A number and nothing else: of whom, where and how near is not this person's to know.
CREATE FUNCTION access.closed_matches(series uuid, import uuid) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF series IS NOT NULL THEN
    RETURN CASE WHEN access.sees_series(series) THEN (
      SELECT count(DISTINCT CASE WHEN p.series_a_id = series THEN m.a_id ELSE m.b_id END)
        FROM public.victims_seriespair p JOIN public.victims_mediamatch m ON m.pair_id = p.id
       WHERE (p.series_a_id = series OR p.series_b_id = series) AND p.series_a_id <> p.series_b_id
         AND NOT access.opens_pair(p.series_a_id, p.series_b_id)
         AND NOT access.is_of_sealed(p.series_a_id, p.series_b_id)) END;
  END IF;
  RETURN CASE WHEN EXISTS (SELECT FROM public.victims_import i WHERE i.id = import AND access.roams()
      AND i.agency_id = access.agency() AND (i.is_network OR i.person_id = access.person()
        OR i.summary ->> 'team' = ANY (access.teams()::text[]))) THEN (
    SELECT count(DISTINCT f.id) FROM (SELECT DISTINCT m.pair_id FROM public.victims_mediamatch m WHERE m.import_id = import) t
      JOIN public.victims_seriespair p ON p.id = t.pair_id AND p.series_a_id <> p.series_b_id
        AND NOT access.opens_pair(p.series_a_id, p.series_b_id) AND NOT access.is_of_sealed(p.series_a_id, p.series_b_id)
      JOIN public.victims_mediamatch m ON m.pair_id = p.id AND m.import_id = import
      JOIN public.victims_media f ON f.id IN (m.a_id, m.b_id) AND f.import_id = import) END;
END $$;

-- How many pairs wait for this person: nobody decided yet, or an officer of another team asks for a second one, and nobody
-- else weighs the pair at this moment. It stands on every page, so what access.opens_pair() asks is written out, with the identity read once.
CREATE FUNCTION access.matches_waiting(most integer) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  mine integer[] := access.groups();
BEGIN
  IF NOT access.roams() THEN RETURN 0; END IF;
  RETURN (SELECT count(*) FROM (SELECT FROM public.victims_seriespair p WHERE p.state IN (1, 2) AND p.series_a_id <> p.series_b_id
    AND NOT EXISTS (SELECT FROM public.victims_series s WHERE s.id IN (p.series_a_id, p.series_b_id)
      AND (NOT s.is_network OR EXISTS (SELECT FROM public.victims_childseries l JOIN public.victims_child c ON c.id = l.child_id
                                        WHERE l.series_id = s.id AND l.stands AND l.ended IS NULL
                                          AND (c.identity = 4 OR access.sealed_away(c.id))))
      AND NOT EXISTS (SELECT FROM public.access_seriesgrouppermission r WHERE r.content_object_id = s.id
        AND r.permission_id = 1901 AND r.group_id = ANY (mine) AND r.valid_until > public.app_now())
      AND NOT EXISTS (SELECT FROM public.access_seriesuserpermission r WHERE r.content_object_id = s.id
        AND r.permission_id = 1901 AND r.user_id = me AND r.valid_until > public.app_now()))
    AND NOT EXISTS (SELECT FROM public.victims_matchclaim c WHERE c.pair_id = p.id AND c.person_id <> me
      AND c.until > public.app_now())
    AND (p.state = 1 OR NOT EXISTS (SELECT FROM public.victims_matchdecision d WHERE d.pair_id = p.id
                                    AND access.shares_team(d.decided_by_id))) LIMIT most) counted);
END $$;

-- Is this the person, or a member of one of the person's teams?
CREATE FUNCTION access.shares_team(other uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN other = access.person() OR EXISTS (SELECT FROM public.accounts_membership m
    WHERE m.person_id = other AND m.until IS NULL AND m.team_id = ANY (access.teams()));
END $$;

-- A decision is made in one's own name, on one pair, from a state that leads there; "same" is said by one officer and
-- becomes so by a second one of another team. The pair follows.
CREATE FUNCTION access.match_decided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  before integer := 1;
BEGIN
  IF TG_OP = 'UPDATE' THEN before := OLD.state; END IF;
  IF me IS NOT NULL THEN
    IF EXISTS (SELECT FROM public.victims_matchclaim c WHERE c.pair_id = NEW.pair_id AND c.person_id <> me
               AND c.until > public.app_now()) THEN
      RAISE EXCEPTION 'another officer weighs this pair' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (TG_OP = 'UPDATE' AND NEW.pair_id <> OLD.pair_id) OR NOT (NEW.state = ANY (CASE before
         WHEN 1 THEN '{2,4,5}' WHEN 2 THEN '{3,4,5}' WHEN 5 THEN '{2,4}' ELSE '{5}' END::integer[])) THEN
      RAISE EXCEPTION 'this decision does not lead there' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 3 THEN
      IF NEW.confirmed_by_id <> me OR access.shares_team(OLD.decided_by_id)
         OR (NEW.decided_by_id, NEW.decided, NEW.reason) IS DISTINCT FROM (OLD.decided_by_id, OLD.decided, OLD.reason) THEN
        RAISE EXCEPTION 'a second officer, of another team, confirms' USING ERRCODE = 'insufficient_privilege';
      END IF;
    ELSIF NEW.decided_by_id <> me THEN
      RAISE EXCEPTION 'a decision is made in one''s own name' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  UPDATE public.victims_seriespair SET state = NEW.state WHERE id = NEW.pair_id;
  RETURN NEW;
END $$;

-- The files of a pair that match, for whoever may see the pair: asked once, not for each of them.
CREATE FUNCTION access.matches_of(pair uuid) RETURNS SETOF public.victims_mediamatch
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.victims_seriespair p WHERE p.id = pair AND access.opens_pair(p.series_a_id, p.series_b_id))
  THEN RETURN; END IF;
  RETURN QUERY SELECT m.* FROM public.victims_mediamatch m WHERE m.pair_id = pair ORDER BY m.id DESC LIMIT 50000;
END $$;

-- A pair is claimed in one's own name, from now for two hours, unless somebody else weighs it; whoever claimed it gives it
-- back. What was decided for good is not weighed, and what waits for a second officer not by the team of the first one.
CREATE FUNCTION access.match_claimed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF NEW.person_id <> me OR (TG_OP = 'UPDATE' AND NEW.pair_id <> OLD.pair_id)
     OR (TG_OP = 'UPDATE' AND OLD.person_id <> me AND OLD.until > at) THEN
    RAISE EXCEPTION 'a pair is claimed in one''s own name, and by one officer at a time' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.person_id = me AND OLD.until > at AND (NEW.since, NEW.until) = (OLD.since, at) THEN
    RETURN NEW;  -- given back
  END IF;
  IF (NEW.since, NEW.until) IS DISTINCT FROM (at, at + interval '2 hours') OR NOT EXISTS (
       SELECT FROM public.victims_seriespair p WHERE p.id = NEW.pair_id AND (p.state IN (1, 5) OR (p.state = 2 AND NOT EXISTS (
         SELECT FROM public.victims_matchdecision d WHERE d.pair_id = p.id AND access.shares_team(d.decided_by_id))))) THEN
    RAISE EXCEPTION 'a pair that is not decided is claimed from now, for two hours' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A question goes to the team that holds one of the two series and is not one's own; a member of that team answers once.
CREATE FUNCTION access.match_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  at timestamptz := public.app_now();
  free text[] := '{version,answer,words,answered,answered_by_id}';
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.asked_by_id = me AND NEW.asked = at AND NEW.answer IS NULL AND NEW.team_id <> ALL (access.teams())
       AND EXISTS (SELECT FROM public.victims_seriespair p JOIN public.victims_series s ON s.id IN (p.series_a_id, p.series_b_id)
                    WHERE p.id = NEW.pair_id AND s.owner_id = NEW.team_id)
       AND EXISTS (SELECT FROM public.casework_task t WHERE t.id = NEW.task_id AND t.team_id = NEW.team_id
                    AND t.kind = 'match_question') THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a question goes to the team that holds a series of the pair' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free OR OLD.answer IS NOT NULL OR NEW.answer IS NULL
     OR NEW.answered_by_id <> me OR NEW.answered <> at OR NEW.team_id <> ALL (access.teams()) THEN
    RAISE EXCEPTION 'the team that was asked answers, once' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Who of the agencies that hold the two series may see the pair, and in which team; ours: a colleague of whoever asks. It is
-- told to whoever sees the pair, so that a question and a second decision reach people who can open it.
CREATE FUNCTION access.officers_of_pair(which uuid) RETURNS TABLE (person_id uuid, team_id uuid, ours boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
BEGIN
  RETURN QUERY SELECT m.person_id, m.team_id, access.shares_team(m.person_id)
    FROM public.victims_seriespair p
    JOIN public.victims_series held ON held.id IN (p.series_a_id, p.series_b_id)
    JOIN public.accounts_team t ON t.agency_id = held.agency_id
    JOIN public.accounts_agency a ON a.id = t.agency_id AND a.is_active
    JOIN public.accounts_membership m ON m.team_id = t.id AND m.since <= at AND (m.until IS NULL OR m.until > at)
    JOIN public.accounts_person o ON o.id = m.person_id AND o.is_active AND o.roles && '{analyst,investigator}'::varchar[]
   WHERE p.id = which AND access.opens_pair(p.series_a_id, p.series_b_id)
     AND EXISTS (SELECT FROM public.accounts_certificate c WHERE c.person_id = o.id AND c.valid_from <= at AND c.valid_until > at)
     AND NOT EXISTS (SELECT FROM public.victims_series s WHERE s.id IN (p.series_a_id, p.series_b_id)
       AND (NOT s.is_network OR EXISTS (SELECT FROM public.victims_childseries l JOIN public.victims_child c ON c.id = l.child_id
                                         WHERE l.series_id = s.id AND l.stands AND l.ended IS NULL
                                          AND (c.identity = 4 OR access.sealed_away(c.id))))
       AND NOT EXISTS (SELECT FROM public.access_seriesgrouppermission r JOIN public.accounts_team g ON g.group_id = r.group_id
         JOIN public.accounts_membership n ON n.team_id = g.id AND n.person_id = o.id AND n.since <= at
          AND (n.until IS NULL OR n.until > at)
         WHERE r.content_object_id = s.id AND r.permission_id = 1901 AND r.valid_until > at)
       AND NOT EXISTS (SELECT FROM public.access_seriesuserpermission r WHERE r.content_object_id = s.id
         AND r.permission_id = 1901 AND r.user_id = o.id AND r.valid_until > at))
   GROUP BY m.person_id, m.team_id ORDER BY m.person_id, m.team_id;
END $$;

-- How many files of each pair are not passed around widely, of the first thousand that match.
CREATE FUNCTION access.own_files(pairs uuid[]) RETURNS TABLE (pair_id uuid, files integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT p.id, (SELECT count(DISTINCT (m.a_id, m.b_id))::integer FROM (SELECT t.a_id, t.b_id
        FROM public.victims_mediamatch t WHERE t.pair_id = p.id LIMIT 1000) m
      JOIN public.victims_media a ON a.id = m.a_id JOIN public.victims_media b ON b.id = m.b_id
     WHERE NOT coalesce(a.is_distributed, false) AND NOT coalesce(b.is_distributed, false))
    FROM public.victims_seriespair p WHERE p.id = ANY (pairs) AND access.opens_pair(p.series_a_id, p.series_b_id);
END $$;

-- What the person's own teams decided since a moment, and how much of it led to a name: pairs called the same child in whose
-- series, as far as they are open to the person, a child has a confirmed name. Whoever sees a series reads that number there.
CREATE FUNCTION access.matches_reviewed(since timestamptz, OUT reviewed integer, OUT named integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  SELECT count(*), count(*) FILTER (WHERE d.state = 3 AND EXISTS (
      SELECT FROM public.victims_childseries l JOIN public.victims_child c ON c.id = l.child_id AND c.identity = 4
       WHERE l.series_id IN (p.series_a_id, p.series_b_id) AND l.ended IS NULL AND access.sees_series(l.series_id)
         AND NOT access.sealed_away(c.id)))
    INTO reviewed, named
    FROM public.victims_matchdecision d JOIN public.victims_seriespair p ON p.id = d.pair_id
   WHERE access.roams() AND ((d.decided >= since AND access.shares_team(d.decided_by_id))
      OR (d.confirmed >= since AND access.shares_team(d.confirmed_by_id)));
END $$;
