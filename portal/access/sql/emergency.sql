-- Emergency access: who works with files opens one by its exact number for 60 minutes, with a fresh code, on a ground and
-- with words; somebody else reviews it. The application cannot give itself such a grant: the record of the emergency is
-- added under a mark that the function below sets, once it has asked everything, and the grant under that record.

-- Files that no emergency opens: a sealed one, that of a child to whom the person has a relation, and one of which nothing is
-- left to open. The answer is that of a number that does not exist.
CREATE FUNCTION access.shut_in_emergency(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN file = ANY (access.conflicts()) OR access.sealed_away(file)
    OR EXISTS (SELECT FROM public.victims_child c WHERE c.id = file AND c.erased @> '{1,2,3,4}');
END $$;

-- The mark of this transaction that the person may open this file: worked out from what the application cannot read.
CREATE FUNCTION access.emergency_mark(file uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN encode(sha256(convert_to(access.signature_mark() || ' opens ' || file, 'UTF8')), 'hex');
END $$;

-- Answers "open" with the file and its team, "again" where the person opened it before and nobody has reviewed that, "reviews" where
-- three of the person's wait for review, whatever the number, and "closed" for everything else alike. One at a time for each person.
CREATE FUNCTION access.open_in_emergency(number varchar, OUT answer varchar, OUT file uuid, OUT owner uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  is_shut boolean;
BEGIN
  IF me IS NULL OR NOT access.works_with_files() OR NOT access.is_signing() THEN
    RAISE EXCEPTION 'emergency access is for those who work with files, with a fresh code' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('emergency ' || me, 0));
  SELECT c.id, c.owner_id INTO file, owner FROM public.victims_child c WHERE c.case_number = number;
  is_shut := access.shut_in_emergency(coalesce(file, me));  -- asked of a number that does not exist as well: it takes the same time
  IF is_shut THEN file := NULL; END IF;
  IF (SELECT count(*) FROM public.access_emergency e WHERE e.person_id = me AND e.reviewed IS NULL) >= 3 THEN
    answer := 'reviews';
  ELSIF EXISTS (SELECT FROM public.access_emergency e WHERE e.person_id = me AND e.child_id = file AND e.reviewed IS NULL) THEN
    answer := 'again';
  ELSIF file IS NULL THEN
    answer := 'closed';
  ELSE
    answer := 'open';
    PERFORM set_config('safe.emergency', access.emergency_mark(file), true);
  END IF;
  IF answer <> 'open' THEN
    file := NULL;
    owner := NULL;
  END IF;
END $$;

-- Is this grant the one of an emergency that was recorded in this transaction? For the person alone, to read and no more.
CREATE FUNCTION access.is_of_emergency(grant_id uuid, file uuid, giver uuid, taker uuid, accepter uuid, given smallint[],
                                       changed smallint[], starts timestamptz, ends timestamptz, ground varchar) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  RETURN coalesce(ground = 'emergency' AND giver = me AND taker = me AND accepter = me AND starts = at
    AND ends = at + interval '60 minutes' AND given <@ '{1,2,3,4}'::smallint[] AND changed = '{}'
    AND EXISTS (SELECT FROM public.access_emergency e WHERE e.grant_id = is_of_emergency.grant_id AND e.child_id = file
                AND e.person_id = me AND e.opened = at), false);
END $$;

-- Who reviews an emergency access: a privacy officer of the agency that owned the file; where there is none, one of the
-- agency of whoever opened it; else a supervisor of the team that owned it, else anybody of that team who works with
-- files, else a supervisor of its agency. Never whoever opened it, nor anybody of that person's teams. A seal that came
-- afterwards changes nothing of it: they were told, and judge whoever opened the file, not the file.
CREATE FUNCTION access.emergency_reviewers(which uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  e public.access_emergency;
BEGIN
  SELECT * INTO e FROM public.access_emergency WHERE id = which;
  RETURN ARRAY(SELECT n.id FROM (
    SELECT r.id, r.rank, min(r.rank) OVER () AS first FROM (
      SELECT k.id, k.rank FROM access.in_charge(e.owner_id, e.child_id) k
      UNION ALL SELECT p.id, 2 FROM public.accounts_person p JOIN public.accounts_agency a ON a.id = p.agency_id AND a.is_active
       WHERE p.agency_id = e.agency_id AND p.is_active AND 'privacy_officer' = ANY (p.roles) AND NOT access.is_related(p.id, e.child_id)) r
     WHERE r.id <> e.person_id AND NOT EXISTS (SELECT FROM public.accounts_membership mine
       JOIN public.accounts_membership theirs ON theirs.team_id = mine.team_id AND theirs.until IS NULL
      WHERE mine.person_id = e.person_id AND mine.until IS NULL AND theirs.person_id = r.id)) n WHERE n.rank = n.first);
END $$;

-- An emergency is recorded under the mark of this transaction, in one's own name and now; it is reviewed once, by
-- somebody who reviews it, with words. Nothing else of it changes.
CREATE FUNCTION access.emergency_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  review text[] := '{version,reviewed_by_id,reviewed,is_justified,comment}';
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF coalesce(current_setting('safe.emergency', true) = access.emergency_mark(NEW.child_id), false)
       AND NEW.person_id = me AND NEW.agency_id = access.agency() AND NEW.opened = at AND NEW.due = at + interval '72 hours'
       AND NEW.ground <> '' AND btrim(NEW.words) <> '' AND NEW.reviewed IS NULL
       AND EXISTS (SELECT FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id
                   WHERE c.id = NEW.child_id AND (t.id, t.agency_id) = (NEW.owner_id, NEW.owner_agency_id)) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an emergency is recorded as it is opened, with a fresh code' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.reviewed IS NOT NULL OR to_jsonb(NEW) - review <> to_jsonb(OLD) - review OR NEW.reviewed IS DISTINCT FROM at
     OR NEW.reviewed_by_id IS DISTINCT FROM me OR coalesce(me <> ALL (access.emergency_reviewers(OLD.id)), true) THEN
    RAISE EXCEPTION 'an emergency access is reviewed once, by somebody else' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- When an emergency access ended or ends, for those who read its record: not all of them read the grant.
CREATE FUNCTION access.end_of_emergency(which uuid, OUT until timestamptz, OUT is_early boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  SELECT coalesce(g.ended, g.until), g.ended IS NOT NULL INTO until, is_early FROM public.access_emergency e
    JOIN public.access_grant g ON g.id = e.grant_id WHERE e.id = which AND access.reads_emergency(e);
END $$;

-- What somebody opened in an emergency, for those who read its record: what, which sections, how often, when last.
CREATE FUNCTION access.looks_in_emergency(which uuid)
RETURNS TABLE (kind varchar, sections smallint[], times bigint, latest timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT v.kind, array_agg(DISTINCT s.n), count(DISTINCT v.id), max(v.recorded)
    FROM public.access_emergency e
    JOIN public.audit_event v ON v.child_id = e.child_id AND v.person_id = e.person_id AND v.basis = 'grant ' || e.grant_id
    LEFT JOIN LATERAL unnest(v.sections) AS s (n) ON true
   WHERE e.id = which AND v.recorded >= e.opened AND v.action = 'R' AND v.outcome = 'ok' AND access.reads_emergency(e)
   GROUP BY v.kind ORDER BY max(v.recorded) DESC;
END $$;

-- Who reads the record of an emergency access: whoever opened the file, privacy officers of both agencies, those of the
-- team that owned it who work with files, and whoever reviews it. A relation to the child beats all but one's own. Of a file
-- that was sealed meanwhile only custodians do, and whoever reviews it until that is done: the record names no file.
CREATE FUNCTION access.reads_emergency(e public.access_emergency) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  is_sealed boolean;
BEGIN
  IF e.person_id = me THEN RETURN true; END IF;
  IF me IS NULL OR access.agency() NOT IN (e.owner_agency_id, e.agency_id) OR e.child_id = ANY (access.conflicts()) THEN
    RETURN false;
  END IF;
  is_sealed := access.sealed_away(e.child_id);
  IF NOT is_sealed AND (access.has_role('{privacy_officer}') OR (e.owner_id = ANY (access.teams()) AND access.works_with_files())) THEN
    RETURN true;
  END IF;
  RETURN (NOT is_sealed OR e.reviewed IS NULL OR e.reviewed = public.app_now()) AND me = ANY (access.emergency_reviewers(e.id));
END $$;

-- The grants of a file that were opened in an emergency, for whoever reads its SUMMARY: looks under them are marked.
CREATE FUNCTION access.emergency_grants(file uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.holds(file, 1001) THEN RETURN '{}'; END IF;
  RETURN (SELECT coalesce(array_agg(e.grant_id), '{}') FROM public.access_emergency e WHERE e.child_id = file);
END $$;

-- How often each person opened a file in an emergency, what became of it, and how often somebody was refused one in the
-- last 30 days: of everybody for auditors, of their own agency's people and files for privacy officers.
CREATE FUNCTION access.emergency_figures()
RETURNS TABLE (person varchar, agency varchar, opened bigint, justified bigint, unjustified bigint, waiting bigint,
               late bigint, refused bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  everywhere boolean := access.has_role('{auditor}');
  mine uuid := access.agency();
  at timestamptz := public.app_now();
BEGIN
  IF NOT everywhere AND NOT access.has_role('{privacy_officer}') THEN RETURN; END IF;
  RETURN QUERY
    WITH opened AS (
      SELECT e.person_id, count(*) AS n, count(*) FILTER (WHERE e.is_justified) AS good,
             count(*) FILTER (WHERE NOT e.is_justified) AS bad, count(*) FILTER (WHERE e.reviewed IS NULL) AS open,
             count(*) FILTER (WHERE e.reviewed IS NULL AND e.due < at) AS overdue
        FROM public.access_emergency e WHERE everywhere OR mine IN (e.agency_id, e.owner_agency_id) GROUP BY 1),
    tried AS (
      SELECT v.person_id, count(*) AS n FROM public.audit_event v
       WHERE v.recorded > at - interval '30 days' AND v.outcome = 'refused' AND v.reason_code = 'emergency_not_open'
         AND (everywhere OR v.agency_id = mine) GROUP BY 1)
    SELECT (left(p.given_name, 1) || '. ' || p.family_name)::varchar, a.name, coalesce(o.n, 0), coalesce(o.good, 0),
           coalesce(o.bad, 0), coalesce(o.open, 0), coalesce(o.overdue, 0), coalesce(t.n, 0)
      FROM opened o FULL JOIN tried t USING (person_id)
      JOIN public.accounts_person p ON p.id = person_id JOIN public.accounts_agency a ON a.id = p.agency_id
     ORDER BY coalesce(o.open, 0) DESC, coalesce(o.n, 0) DESC, p.family_name, p.id LIMIT 200;
END $$;

-- The care alerts of a file (medicine, allergy), for whoever has it open in an emergency with Health: who treats a child reads
-- them, though the rest of Care stays shut.
CREATE FUNCTION access.alerts_in_emergency(file uuid) RETURNS SETOF public.victims_careentry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT e.* FROM public.victims_careentry e WHERE e.child_id = file AND e.kind = 'alert'
    AND file <> ALL (access.conflicts()) AND NOT access.sealed_away(file)
    AND EXISTS (SELECT FROM public.access_childuserpermission u WHERE u.content_object_id = file AND u.user_id = access.person()
      AND u.permission_id = 1004 AND u.stage = 0 AND u.valid_until > public.app_now())
   ORDER BY e."on" DESC, e.id DESC;
END $$;
