-- What is kept: parts that are held as evidence, until when a closed file stays, and what may be known of a file of which parts
-- are gone (docs/decisions/0048).

-- The parts of a file of which this person may say that they are evidence: an investigator to whom they were given to change,
-- at whatever stage. A file is closed before its trial is over.
CREATE FUNCTION access.evidence_parts(file uuid) RETURNS smallint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
BEGIN
  IF NOT access.has_role('{investigator}') OR file = ANY (access.conflicts()) THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT p.section FROM (
      SELECT (r.permission_id - 1009)::smallint AS section FROM public.access_childgrouppermission r
       WHERE r.content_object_id = file AND r.group_id = ANY (access.groups()) AND r.valid_until > at AND r.permission_id > 1009
      UNION SELECT (r.permission_id - 1009)::smallint FROM public.access_childuserpermission r
       WHERE r.content_object_id = file AND r.user_id = access.person() AND r.valid_until > at AND r.permission_id > 1009) p
    WHERE p.section <> ALL (SELECT unnest(c.erased) FROM public.victims_child c WHERE c.id = file) ORDER BY p.section);
END $$;

-- The parts that are held as evidence now.
CREATE FUNCTION access.held_parts(file uuid) RETURNS smallint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT s FROM public.access_evidencehold h, unnest(h.sections) AS s
    WHERE h.child_id = file AND h.ended IS NULL ORDER BY s);
END $$;

-- Who reads of a hold: whoever reads, or may hold, one of its parts, and privacy officers of the agency that owns the file.
CREATE FUNCTION access.reads_hold(file uuid, parts smallint[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.oversees(file) IN ('privacy_officer', 'auditor')
    OR EXISTS (SELECT FROM unnest(parts) AS s WHERE access.holds(file, 1000 + s)) OR access.evidence_parts(file) && parts;
END $$;

-- Who could end a hold: not who set it, but others of its team who work with evidence or supervise it. Where none is left on the
-- day of the review, a supervisor of that agency; where there is none either, a privacy officer of the agency that owns the file.
CREATE FUNCTION access.hold_enders(which uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT r.id FROM (SELECT k.id, k.rank, min(k.rank) OVER () AS first FROM (
      SELECT p.id, h.child_id, CASE
          WHEN p.roles && '{investigator,supervisor}' AND EXISTS (SELECT FROM public.accounts_membership m WHERE m.person_id = p.id
            AND m.team_id = h.team_id AND tstzrange(m.since, m.until) @> public.app_now()) THEN 1
          WHEN h.review_on > (public.app_now() AT TIME ZONE 'UTC')::date THEN NULL
          WHEN p.agency_id = t.agency_id AND 'supervisor' = ANY (p.roles) THEN 2
          WHEN p.agency_id = o.agency_id AND 'privacy_officer' = ANY (p.roles) THEN 3 END AS rank
        FROM public.access_evidencehold h JOIN public.accounts_team t ON t.id = h.team_id
        JOIN public.victims_child c ON c.id = h.child_id JOIN public.accounts_team o ON o.id = c.owner_id
        JOIN public.accounts_agency a ON a.is_active AND a.id IN (t.agency_id, o.agency_id)
        JOIN public.accounts_person p ON p.agency_id = a.id AND p.is_active AND p.id <> h.set_by_id
       WHERE h.id = which AND h.ended IS NULL) k
     WHERE k.rank IS NOT NULL AND access.is_trained(k.id) AND NOT access.is_kept_apart(k.id, k.child_id)) r
   WHERE r.rank = r.first ORDER BY r.id);
END $$;

-- Has a hold somebody of its own team left who could end it?
CREATE FUNCTION access.ends_by_team(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_evidencehold h JOIN public.accounts_membership m ON m.team_id = h.team_id
     AND tstzrange(m.since, m.until) @> public.app_now()
   WHERE h.id = which AND m.person_id = ANY (access.hold_enders(h.id)));
END $$;

-- The holds that this person ends in the place of their team, of which nobody is left who could.
CREATE FUNCTION access.holds_left_to_me() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
BEGIN
  IF NOT access.has_role('{supervisor,privacy_officer}') THEN RETURN '{}'; END IF;
  RETURN ARRAY(SELECT h.id FROM public.access_evidencehold h JOIN public.accounts_team t ON t.id = h.team_id
    JOIN public.victims_child c ON c.id = h.child_id JOIN public.accounts_team o ON o.id = c.owner_id
   WHERE h.ended IS NULL AND h.review_on <= (public.app_now() AT TIME ZONE 'UTC')::date
     AND access.agency() IN (t.agency_id, o.agency_id) AND h.team_id <> ALL (access.teams())
     AND me = ANY (access.hold_enders(h.id)));
END $$;

-- Has somebody ended a hold on a file in the place of another team? That person takes no part in erasing it: who says that it is
-- no evidence, who proposes and who approves are three.
CREATE FUNCTION access.ended_for_others(who uuid, file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_evidencehold h WHERE h.child_id = file AND h.ended_by_id = who
    AND NOT EXISTS (SELECT FROM public.accounts_membership m WHERE m.person_id = who AND m.team_id = h.team_id
      AND m.since <= h.ended AND (m.until IS NULL OR m.until > h.ended)));
END $$;

-- Who reads what became of a file: whoever oversees it or holds a part of it, and, once it is gone, who works in its team.
CREATE FUNCTION access.reads_tombstone(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.oversees(file) IS NOT NULL OR EXISTS (SELECT FROM generate_series(1001, 1009) AS p WHERE access.holds(file, p))
    OR access.evidence_parts(file) <> '{}'
    OR (file <> ALL (access.conflicts()) AND NOT access.sealed_away(file) AND access.works_with_files()
      AND EXISTS (SELECT FROM public.victims_child c WHERE c.id = file AND c.owner_id = ANY (access.teams()) AND c.erased <> '{}'));
END $$;

-- When a file was closed; nothing while it is open.
CREATE FUNCTION access.closed_on(file uuid) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT min(h.history_date) FROM public.victims_child c JOIN public.victims_historicalchild h ON h.id = c.id
    WHERE c.id = file AND c.stage IN (7, 8) AND h.version > coalesce((SELECT max(o.version) FROM public.victims_historicalchild o
      WHERE o.id = file AND o.stage NOT IN (7, 8)), 0));
END $$;

-- Until when a closed file is kept: so many years after it was closed, and not before the youngest child that the age in its
-- summary allows is so old; longer where somebody said so.
CREATE FUNCTION access.keep_until(file uuid, years integer, age integer) RETURNS date
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT greatest(n.day + make_interval(years => years),
      n.day + make_interval(years => greatest(age - CASE n.age_band WHEN '6-11' THEN 6 WHEN '12-17' THEN 12 WHEN '18+' THEN 18 ELSE 0 END, 0)),
      (SELECT max(k.until) FROM public.access_keptlonger k WHERE k.child_id = file AND k.at >= n.closed))::date
    FROM (SELECT c.age_band, access.closed_on(file) AS closed, (access.closed_on(file) AT TIME ZONE a.time_zone)::date AS day
      FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id JOIN public.accounts_agency a ON a.id = t.agency_id
     WHERE c.id = file) n WHERE n.day IS NOT NULL);
END $$;

-- What is kept of a file, what was erased, and what is held as evidence, for whoever may read of each.
CREATE FUNCTION access.keeping(file uuid, years integer, age integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  parts smallint[] := access.erasable_parts(file);
  -- The parts of which the reader learns that they are held: those to oversee, read or hold.
  known smallint[] := ARRAY(SELECT s::smallint FROM generate_series(1, 9) AS s WHERE access.oversees(file) IN ('privacy_officer', 'auditor')
    OR access.holds(file, 1000 + s) OR s::smallint = ANY (access.evidence_parts(file)));
  -- Those of which the reader learns that they were erased: of a whole file all, else those that the reader oversees or was given.
  -- That there was therapy is for whoever knew of it.
  told smallint[] := ARRAY(SELECT s::smallint FROM generate_series(1, 9) AS s WHERE s::smallint = ANY (known)
    OR EXISTS (SELECT FROM public.victims_child c WHERE c.id = file AND c.erased @> '{1,2,3,4,5,6,7,8,9}')
    OR EXISTS (SELECT FROM public.access_grant g WHERE g.child_id = file AND g.accepted IS NOT NULL AND s::smallint = ANY (g.view)
      AND (g.team_id = ANY (access.teams()) OR g.person_id = access.person())));
BEGIN
  IF NOT access.reads_tombstone(file) THEN RETURN NULL; END IF;
  RETURN (SELECT jsonb_build_object('id', c.id, 'case_number', c.case_number, 'code_name', c.code_name, 'owner', c.owner_id,
      'stage', c.stage, 'known', told, 'erased', ARRAY(SELECT s FROM unnest(c.erased) AS s WHERE s = ANY (told)), 'erasable', parts,
      'held', ARRAY(SELECT s FROM unnest(access.held_parts(file)) AS s WHERE s = ANY (known)),
      'evidence', access.evidence_parts(file), 'closed', access.closed_on(file), 'keep_until', access.keep_until(file, years, age),
      'longer', (SELECT jsonb_build_object('until', k.until, 'reason', CASE WHEN access.holds(file, 1001) OR parts <> '{}' THEN k.reason ELSE '' END)
         FROM public.access_keptlonger k WHERE k.child_id = file ORDER BY k.at DESC LIMIT 1),
      'erasures', coalesce((SELECT jsonb_agg(jsonb_build_object('id', e.id,
         'sections', ARRAY(SELECT s FROM unnest(e.sections) AS s WHERE s = ANY (told)), 'ground', e.ground, 'at', e.done,
         'asked_by', e.asked_by_id, 'approved_by', e.approved_by_id) ORDER BY e.done) FROM public.access_erasure e
        WHERE e.child_id = file AND e.done IS NOT NULL AND e.sections && told), '[]'),
      'asked', (SELECT jsonb_build_object('sections', e.sections, 'by', e.asked_by_id, 'at', e.asked, 'approval', a.id)
         FROM public.casework_approval a JOIN public.access_erasure e ON e.id = a.subject_id
        WHERE a.id = access.erasure_asked(file) AND access.oversees(file) IS NOT NULL),
      'holds', coalesce((SELECT jsonb_agg(jsonb_build_object('id', h.id,
         'sections', ARRAY(SELECT s FROM unnest(h.sections) AS s WHERE s = ANY (known)), 'basis', h.basis, 'reference', h.reference,
         'set_by', h.set_by_id, 'since', h.since, 'review_on', h.review_on) ORDER BY h.since) FROM public.access_evidencehold h
        WHERE h.child_id = file AND h.ended IS NULL AND h.sections && known), '[]'))
    FROM public.victims_child c WHERE c.id = file);
END $$;

-- A hold is set in one's own name and now, and ended by somebody else, with a reason; what it says stays.
CREATE FUNCTION access.hold_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ends text[] := '{version,ended,ended_by_id,end_reason,review_on}';
  me uuid := access.person();
  at timestamptz := public.app_now();
  parts smallint[];
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  parts := access.evidence_parts(NEW.child_id);
  IF TG_OP = 'INSERT' THEN
    -- An erasure that is carried out right now holds this row.
    PERFORM FROM public.victims_child c WHERE c.id = NEW.child_id FOR KEY SHARE;
    IF NEW.set_by_id = me AND NEW.since = at AND NEW.ended IS NULL AND NEW.sections <@ parts AND NEW.team_id = ANY (access.teams())
       AND btrim(NEW.reference) <> '' AND NEW.review_on > at::date AND NEW.review_on <= at::date + 367 THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a hold is set by an investigator who changes these parts' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.ended IS NOT NULL OR to_jsonb(NEW) - ends <> to_jsonb(OLD) - ends
     OR NOT ((OLD.team_id = ANY (access.teams()) AND access.has_role('{investigator,supervisor}')
         AND NOT access.is_kept_apart(me, OLD.child_id)) OR me = ANY (access.hold_enders(OLD.id)))
     OR (NEW.ended IS NULL AND (NEW.ended_by_id IS NOT NULL OR NEW.end_reason <> '' OR NEW.review_on <= at::date OR NEW.review_on > at::date + 367))
     OR (NEW.ended IS NOT NULL AND (NEW.ended <> at OR NEW.ended_by_id IS DISTINCT FROM me OR me = OLD.set_by_id
       OR btrim(NEW.end_reason) = '' OR NEW.review_on <> OLD.review_on)) THEN
    RAISE EXCEPTION 'a hold is ended by a second person, with a reason' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A closed file is kept longer by whoever could propose to erase it, five years at a time.
CREATE FUNCTION access.longer_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' AND NEW.kept_by_id = access.person() AND NEW.at = public.app_now() AND btrim(NEW.reason) <> ''
     AND access.erasable_parts(NEW.child_id) <> '{}' AND access.closed_on(NEW.child_id) IS NOT NULL
     AND NEW.until > NEW.at::date AND NEW.until <= NEW.at::date + 1826 THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'a closed file is kept longer by whoever answers for it' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Closed files of the agency of a privacy officer that are past the day until which they are kept: the oldest first. Nobody has
-- asked for their erasure yet.
CREATE FUNCTION access.files_to_erase(years integer, age integer, most integer)
RETURNS TABLE (id uuid, case_number varchar, code_name varchar, keep_until date, closed timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{privacy_officer}') THEN RETURN; END IF;
  RETURN QUERY SELECT n.id, n.case_number, n.code_name, n.day, access.closed_on(n.id)
    FROM (SELECT c.id, c.case_number, c.code_name, access.keep_until(c.id, years, age) AS day FROM public.victims_child c
      JOIN public.accounts_team t ON t.id = c.owner_id
     WHERE t.agency_id = access.agency() AND c.stage IN (7, 8) AND c.erased = '{}'
       AND c.opened < public.app_now() - make_interval(years => years) AND access.oversees(c.id) IS NOT NULL
       AND access.erasure_asked(c.id) IS NULL) n
   WHERE n.day < public.app_now()::date ORDER BY n.day, n.id LIMIT least(most, 100);
END $$;

-- Holds that are to be looked at again: a notice, once for each day that was set, before those of their team who could end or
-- go on with them; where none is left who could end it, before those who do so in its place, by reference alone.
CREATE FUNCTION access.tell_of_holds() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  at timestamptz := public.app_now();
  made uuid[];
BEGIN
  WITH inserted AS (
    INSERT INTO public.casework_notice (id, version, person_id, child_id, level, kind, words, subject_id, made)
    SELECT uuidv7(), 1, w.person_id, CASE WHEN w.is_ours THEN h.child_id END, 2, CASE WHEN w.is_ours THEN 'hold_review' ELSE 'hold_left' END,
        CASE WHEN w.is_ours THEN ARRAY['', c.code_name] ELSE '{}' END, h.id, at
      FROM public.access_evidencehold h JOIN public.victims_child c ON c.id = h.child_id CROSS JOIN LATERAL (
        SELECT p.id AS person_id, true AS is_ours FROM public.accounts_membership m
          JOIN public.accounts_person p ON p.id = m.person_id AND p.is_active AND (p.id = h.set_by_id OR 'supervisor' = ANY (p.roles))
         WHERE m.team_id = h.team_id AND m.since <= at AND (m.until IS NULL OR m.until > at) AND NOT access.is_kept_apart(p.id, h.child_id)
        UNION ALL SELECT e.id, false FROM unnest(access.hold_enders(h.id)) AS e (id) WHERE NOT access.ends_by_team(h.id)) w
     WHERE h.ended IS NULL AND h.review_on <= (at AT TIME ZONE 'UTC')::date
       AND NOT EXISTS (SELECT FROM public.casework_notice n WHERE n.person_id = w.person_id AND n.subject_id = h.id
         AND n.kind IN ('hold_review', 'hold_left') AND n.made >= h.review_on)
    RETURNING id)
  SELECT array_agg(id) INTO made FROM inserted;
  PERFORM access.note_history('casework_notice', made, '+', '');
  RETURN coalesce(cardinality(made), 0);
END $$;
