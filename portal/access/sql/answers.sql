-- What leaves a file on paper, and what the child asks for: who decides, who reads what would be given, and what a query under
-- the application's role cannot make of it. Nothing here opens a file: a disclosure is a copy, and whoever receives it is nobody.

-- Who keeps the answers to a child: the team that owns the file, and the privacy officers of its agency who read its SUMMARY.
CREATE FUNCTION access.answers_for(file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.holds(file, 1001) AND EXISTS (SELECT FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id
    WHERE c.id = file AND ((c.owner_id = ANY (access.teams()) AND access.works_with_files())
      OR (t.agency_id = access.agency() AND access.has_role('{privacy_officer}'))));
END $$;

-- Do the roles of a supervisor, or of those in a team of theirs, open a section at the stage of a file now? A team of the police
-- keeps what it was given of where a child is, and reads none of it once the child is safe.
CREATE FUNCTION access.reaches(who uuid, team uuid, file uuid, part smallint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.access_rule r JOIN public.victims_child c ON c.id = file AND (r.stages >> c.stage) & 1 = 1
   WHERE r.section = part AND r.level = 0 AND r.role IN (SELECT unnest(p.roles) FROM public.accounts_person p
     WHERE p.id = who OR (p.is_active AND p.id IN (SELECT m.person_id FROM public.accounts_membership m
       WHERE m.team_id = team AND m.until IS NULL))));
END $$;

-- Who could decide on what somebody would give away of a file, and in which order they are asked: people of a role in the
-- agency that owns it. A supervisor of a team that the asker is not in, else one of the asker's own; where the agency has no
-- other one, a supervisor of another agency whose team holds every section in it already. Never the asker, nor whom a relation
-- or a seal keeps apart.
CREATE FUNCTION access.could_decide(file uuid, asker uuid, wanted varchar, given smallint[]) RETURNS TABLE (id uuid, rank integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  home uuid := (SELECT t.agency_id FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id WHERE c.id = file);
BEGIN
  RETURN QUERY SELECT p.id, CASE
        WHEN p.agency_id <> home THEN 3
        WHEN wanted = 'supervisor' AND EXISTS (SELECT FROM public.accounts_membership m
          JOIN public.accounts_membership o ON o.team_id = m.team_id AND o.person_id = asker AND o.until IS NULL
          WHERE m.person_id = p.id AND m.until IS NULL) THEN 2
        ELSE 1 END
      FROM public.accounts_person p JOIN public.accounts_agency a ON a.id = p.agency_id AND a.is_active
     WHERE p.is_active AND p.id <> asker AND wanted = ANY (p.roles) AND access.is_trained(p.id) AND NOT access.is_kept_apart(p.id, file)
       AND (p.agency_id = home OR (wanted = 'supervisor' AND EXISTS (SELECT FROM public.access_grant g
         JOIN public.accounts_membership m ON m.team_id = g.team_id AND m.person_id = p.id AND m.until IS NULL
        WHERE g.child_id = file AND g.accepted IS NOT NULL AND g.ended IS NULL AND g.until > public.app_now() AND g.view @> given
          AND NOT EXISTS (SELECT FROM unnest(given) AS s WHERE NOT access.reaches(p.id, g.team_id, file, s)))));
END $$;

-- Who of them is asked: the first in that order.
CREATE FUNCTION access.deciding(file uuid, asker uuid, wanted varchar, given smallint[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT r.id FROM (SELECT k.id, k.rank, min(k.rank) OVER () AS first
    FROM access.could_decide(file, asker, wanted, given) k) r WHERE r.rank = r.first ORDER BY r.id);
END $$;

-- The same for whoever reads the file's SUMMARY and asks.
CREATE FUNCTION access.who_decides(file uuid, wanted varchar, given smallint[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.holds(file, 1001) THEN RETURN '{}'; END IF;
  RETURN access.deciding(file, access.person(), wanted, given);
END $$;

-- Which decisions a disclosure takes: for a court two, for the child one.
CREATE FUNCTION access.decisions_needed(what varchar) RETURNS varchar[]
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN CASE what WHEN 'order' THEN '{privacy_officer,supervisor}'::varchar[] ELSE '{privacy_officer}'::varchar[] END;
END $$;

-- May the person answer in this role whether it is given? Nobody answers twice.
CREATE FUNCTION access.decides_in_role(subject uuid, wanted varchar) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT access.person() = ANY (access.deciding(d.child_id, d.asked_by_id, wanted, d.parts))
      FROM public.victims_disclosure d WHERE d.id = subject AND d.state = 1), false)
    AND NOT EXISTS (SELECT FROM public.casework_approval a WHERE a.subject_id = subject AND a.decided_by_id = access.person()
      AND a.role <> wanted);
END $$;

-- Do all decisions that it takes stand: each approved, by people who could decide so still, each by another one? Said to those
-- who read it.
CREATE FUNCTION access.approvals_stand(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  d public.victims_disclosure;
BEGIN
  SELECT * INTO d FROM public.victims_disclosure WHERE id = which;
  IF d.asked_by_id IS DISTINCT FROM access.person() AND NOT access.concerns_disclosure(which) THEN RETURN false; END IF;
  RETURN coalesce((SELECT count(DISTINCT a.decided_by_id) = cardinality(access.decisions_needed(d.kind))
      AND count(DISTINCT a.role) = cardinality(access.decisions_needed(d.kind))
    FROM public.casework_approval a WHERE a.subject_id = which AND a.state = 2 AND a.role = ANY (access.decisions_needed(d.kind))
     AND a.decided_by_id <> d.asked_by_id
     AND a.decided_by_id IN (SELECT k.id FROM access.could_decide(d.child_id, d.asked_by_id, a.role, d.parts) k)), false);
END $$;

-- Whom a disclosure concerns beside those who answer for the file: who decides, while nobody has refused, and who approved it.
CREATE FUNCTION access.concerns_disclosure(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  d public.victims_disclosure;
  me uuid := access.person();
BEGIN
  SELECT * INTO d FROM public.victims_disclosure WHERE id = which;
  IF me IS NULL OR d.id IS NULL OR d.child_id = ANY (access.conflicts()) OR access.sealed_away(d.child_id) THEN RETURN false; END IF;
  RETURN EXISTS (SELECT FROM public.casework_approval a WHERE a.subject_id = which AND a.role <> '' AND CASE
      WHEN d.state = 1 AND a.state = 1 THEN me = ANY (access.deciding(d.child_id, d.asked_by_id, a.role, d.parts))
      WHEN d.state IN (1, 4, 5) OR a.decided = public.app_now() THEN a.decided_by_id = me
        AND me IN (SELECT k.id FROM access.could_decide(d.child_id, d.asked_by_id, a.role, d.parts) k) END);
END $$;

-- Who reads what would be given: whoever asked and still holds every section of it, and whom it concerns. WHEREABOUTS, HEALTH
-- and THERAPY want a code as fresh as on their pages.
CREATE FUNCTION access.reads_disclosure(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  d public.victims_disclosure;
BEGIN
  SELECT * INTO d FROM public.victims_disclosure WHERE id = which;
  IF d.asked_by_id = access.person() THEN
    RETURN access.answers_for(d.child_id) AND NOT EXISTS (SELECT FROM unnest(d.parts) AS s WHERE NOT access.holds(d.child_id, 1000 + s));
  END IF;
  RETURN access.concerns_disclosure(which)
    AND (NOT d.parts && '{3,4,5}'::smallint[] OR coalesce(access.code_age() < access.fresh_for(), false));
END $$;

-- The wrapped keys that close it, for those who read it: an officer who decides holds none of these sections. Opened by the key
-- ring alone, which no query has; and nothing else that they close is shown to that person.
CREATE FUNCTION access.disclosure_keys(which uuid) RETURNS TABLE (section smallint, ring varchar, wrapped bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.concerns_disclosure(which) AND NOT access.reads_disclosure(which) THEN RETURN; END IF;
  RETURN QUERY SELECT k.section, k.ring, k.wrapped FROM public.casework_sectionkey k
    JOIN public.victims_disclosure d ON d.id = which AND d.child_id = k.child_id
   WHERE k.section = 1 OR (k.section = ANY (d.parts) AND access.reads_disclosure(which)
     AND EXISTS (SELECT FROM public.victims_disclosurecontent c WHERE c.disclosure_id = which));  -- as long as they close something
END $$;

-- The heading of what is asked, for those who read it: number and team of the file, of which they may hold nothing.
CREATE FUNCTION access.asked_disclosure(which uuid) RETURNS TABLE (case_number varchar, code_name varchar, owner_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.concerns_disclosure(which) AND NOT EXISTS (SELECT FROM public.victims_disclosure d
       WHERE d.id = which AND access.answers_for(d.child_id)) THEN RETURN; END IF;
  RETURN QUERY SELECT c.case_number, c.code_name, c.owner_id FROM public.victims_child c
    JOIN public.victims_disclosure d ON d.id = which AND d.child_id = c.id;
END $$;

-- A disclosure is asked for in one's own name and now, by who answers for the file and holds every section of it; it is
-- refused, sent back or approved by the decisions themselves; made once, by whoever asked, while all of them stand.
CREATE FUNCTION access.disclosure_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,state,made,until,digest}';
  me uuid := access.person();
  at timestamptz := public.app_now();
  step text;
  fits boolean;
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF coalesce(NEW.state = 1 AND NEW.asked_by_id = me AND NEW.asked = at AND access.answers_for(NEW.child_id)
       AND NOT EXISTS (SELECT FROM unnest(NEW.parts) AS s WHERE s NOT BETWEEN 1 AND 9 OR NOT access.holds(NEW.child_id, 1000 + s))
       AND access.is_lawful(NEW.parts, NEW.legal_basis, '{}')
       AND (NEW.kind = 'order' OR EXISTS (SELECT FROM public.victims_childrequest r WHERE r.id = NEW.request_id
            AND r.child_id = NEW.child_id AND r.state = 1))
       AND (NEW.order_document_id IS NULL OR EXISTS (SELECT FROM public.casework_attachment f WHERE f.id = NEW.order_document_id
            AND f.child_id = NEW.child_id AND access.holds(f.child_id, 1000 + f.section))), false) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a disclosure is asked for by who holds every section of it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  step := OLD.state || '-' || NEW.state;
  fits := CASE
    WHEN to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN false
    WHEN step IN ('1-2', '1-3') THEN NEW.digest = '' AND EXISTS (SELECT FROM public.casework_approval a WHERE a.subject_id = OLD.id
      AND a.role <> '' AND a.state = NEW.state + 1 AND a.decided_by_id = me AND a.decided = at)
    WHEN step = '1-4' THEN NEW.digest = '' AND access.approvals_stand(OLD.id) AND EXISTS (SELECT FROM public.casework_approval a
      WHERE a.subject_id = OLD.id AND a.state = 2 AND a.decided_by_id = me AND a.decided = at)
    WHEN step IN ('1-6', '4-6') THEN NEW.digest = '' AND OLD.asked_by_id = me
    WHEN step = '4-5' THEN OLD.asked_by_id = me AND NEW.made = at AND NEW.until = at + interval '14 days'
      AND access.approvals_stand(OLD.id) AND access.reads_disclosure(OLD.id) AND EXISTS (SELECT FROM public.victims_disclosurecontent c
        WHERE c.disclosure_id = OLD.id AND c.pdf IS NOT NULL)
    ELSE false END;
  IF NOT coalesce(fits, false) THEN
    RAISE EXCEPTION 'this step of the disclosure is not this person''s to take' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- What it holds is put down once, as it is asked for; the papers are made of it once, after every decision. Nothing else changes.
CREATE FUNCTION access.disclosed_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  d public.victims_disclosure;
BEGIN
  SELECT * INTO d FROM public.victims_disclosure WHERE id = NEW.disclosure_id;
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF coalesce(d.asked_by_id = me AND d.child_id = NEW.child_id AND CASE TG_OP
       WHEN 'INSERT' THEN d.state = 1 AND d.asked = public.app_now() AND num_nonnulls(NEW.pdf, NEW.cover) = 0
       ELSE d.state = 4 AND OLD.pdf IS NULL AND NEW.pdf IS NOT NULL AND NEW.gathered = OLD.gathered
         AND NEW.disclosure_id = OLD.disclosure_id AND access.approvals_stand(d.id) END, false) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'what a disclosure holds is put down once' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Drops what disclosures hold once their time is over, or once they came to nothing; the hash and the record stay.
CREATE FUNCTION access.drop_disclosed() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  dropped integer;
BEGIN
  DELETE FROM public.victims_disclosurecontent c USING public.victims_disclosure d
   WHERE d.id = c.disclosure_id AND (d.until < public.app_now() OR d.state IN (2, 3, 6));
  GET DIAGNOSTICS dropped = ROW_COUNT;
  RETURN dropped;
END $$;

-- The last day for an answer by a rule, counted from a day: by the figure of the agency that owns the file, else by the default;
-- no later than so many weekdays would take. child_requests.last_day() says it to the day.
CREATE FUNCTION access.last_answer(file uuid, rule varchar, since date) RETURNS date
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN since + coalesce((SELECT CASE r.unit WHEN 'h' THEN r.amount / 24 + 1 WHEN 'w' THEN r.amount * 7 ELSE r.amount END
    FROM public.casework_duerule r LEFT JOIN public.victims_child c ON c.id = file
    LEFT JOIN public.accounts_team t ON t.id = c.owner_id
   WHERE r.code = rule AND r.risk = 0 AND r.is_active AND (r.agency_id IS NULL OR r.agency_id = t.agency_id)
   ORDER BY r.agency_id NULLS LAST LIMIT 1), 0);
END $$;

-- A request is recorded in one's own name; the day of the answer is the rule's at the latest, and moves once, with a reason, to
-- that of the longer one; it is answered once.
CREATE FUNCTION access.request_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,due,longer_why,state,answered,answered_by_id,given_to,given_how,words}';
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF coalesce(NEW.state = 1 AND NEW.recorded_by_id = me AND NEW.recorded = at AND NEW.longer_why IS NULL
       AND NEW.asked_on <= (at + interval '1 day')::date AND access.answers_for(NEW.child_id)
       AND NEW.due BETWEEN NEW.asked_on AND access.last_answer(NEW.child_id, 'child_request', NEW.asked_on), false) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a request is recorded in one''s own name' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF coalesce(OLD.state = 1 AND to_jsonb(NEW) - free = to_jsonb(OLD) - free
     AND (NEW.due = OLD.due OR (OLD.longer_why IS NULL AND NEW.longer_why IS NOT NULL AND NEW.due > OLD.due AND NEW.state = 1
       AND NEW.due <= access.last_answer(NEW.child_id, 'child_request_longer', NEW.asked_on)))
     AND (NEW.longer_why IS NOT DISTINCT FROM OLD.longer_why OR NEW.due > OLD.due)
     AND (NEW.state = 1 OR (NEW.answered_by_id = me AND NEW.answered = at)), false) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'a request is answered once, and takes longer once' USING ERRCODE = 'insufficient_privilege';
END $$;

-- What the child says is wrong stays as it was said; it is decided on once; the child's own words stand where it was not
-- accepted, until the child takes them back.
CREATE FUNCTION access.correction_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer text[] := '{version,state,decided_by_id,decided,reason}';
  said text[] := '{version,statement,stated}';
  taken text[] := '{version,withdrawn}';
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF coalesce(NEW.state = 1 AND NEW.stated IS NULL AND EXISTS (SELECT FROM public.victims_childrequest r WHERE r.id = NEW.request_id
         AND r.child_id = NEW.child_id AND r.state = 1 AND access.answers_for(r.child_id)), false) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a correction belongs to a request that is open' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF coalesce(CASE
       WHEN OLD.state = 1 THEN NEW.state IN (2, 3) AND NEW.decided_by_id = me AND NEW.decided = at
         AND to_jsonb(NEW) - answer = to_jsonb(OLD) - answer
       WHEN OLD.stated IS NULL THEN NEW.state = 3 AND NEW.stated = at AND to_jsonb(NEW) - said = to_jsonb(OLD) - said
       WHEN OLD.withdrawn IS NULL THEN NEW.withdrawn = at AND to_jsonb(NEW) - taken = to_jsonb(OLD) - taken END, false)
     AND access.answers_for(NEW.child_id) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'what a child says is wrong stays, and is decided on once' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Which agencies looked at a file, in which month and at which sections, for who answers the child: no people, no days.
CREATE FUNCTION access.agencies_that_looked(file uuid) RETURNS TABLE (agency_id uuid, month date, sections smallint[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.answers_for(file) THEN RETURN; END IF;
  RETURN QUERY SELECT e.agency_id, date_trunc('month', e.recorded)::date, array_agg(DISTINCT s.n ORDER BY s.n)
    FROM public.audit_event e CROSS JOIN LATERAL unnest(e.sections) AS s (n)
   WHERE e.child_id = file AND e.action = 'R' AND e.outcome = 'ok' AND e.agency_id IS NOT NULL
   GROUP BY 1, 2 ORDER BY 2, 1;
END $$;
