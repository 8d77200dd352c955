-- What a query under the application's role cannot forge: who wrote a history row or an event and when, and the steps,
-- owner and number of a file. Where nobody is signed in, the owner of the tables sets the portal up and nothing is forced.

-- A history row names whoever is signed in, now, whatever the statement says.
CREATE FUNCTION access.history_author() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.holder();
BEGIN
  NEW.tx := pg_current_xact_id();
  IF me IS NULL THEN RETURN NEW; END IF;
  NEW.history_date := public.app_now();
  SELECT p.id, left(p.given_name, 1) || '. ' || p.family_name, a.id, a.name, array_to_string(p.roles, ',')
    INTO NEW.history_user_id, NEW.history_by, NEW.history_agency_id, NEW.history_agency, NEW.history_role
    FROM public.accounts_person p JOIN public.accounts_agency a ON a.id = p.agency_id WHERE p.id = me;
  RETURN NEW;
END $$;

-- An event names whoever is signed in, now. Without a sign-in it can be about no file and no series. One that says that
-- something of a file or a series was written says so in the transaction that wrote it: the history row is there.
CREATE FUNCTION access.event_author() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.holder();
  is_written boolean := false;
BEGIN
  IF NEW.kind = 'erasure' AND NEW.action = 'D' AND NOT access.is_erasing() THEN
    RAISE EXCEPTION 'what was erased is told by the erasure itself' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF me IS NULL THEN RETURN NEW; END IF;
  IF NEW.outcome = 'ok' AND NEW.action IN ('C', 'U', 'D') AND num_nonnulls(NEW.child_id, NEW.series_id) > 0 THEN
    IF to_regclass('public.' || quote_ident(replace(NEW.entity, '.', '_historical'))) IS NOT NULL THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM public.%I h WHERE h.id = $1 AND h.tx = pg_current_xact_id()
        AND ($2 IS NULL OR coalesce(to_jsonb(h) ->> ''child_id'', h.id::text) = $2)
        AND ($3 IS NULL OR coalesce(to_jsonb(h) ->> ''series_id'', h.id::text) = $3))',
        replace(NEW.entity, '.', '_historical')) INTO is_written
        USING NEW.entity_id, NEW.child_id::text, NEW.series_id::text;
    END IF;
    IF NOT is_written THEN
      RAISE EXCEPTION 'an event of a change is written with it' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  NEW.recorded := public.app_now();
  NEW.tx := pg_current_xact_id();
  NEW.session := left(encode(sha256(convert_to(current_setting('safe.session', true), 'UTF8')), 'hex'), 16);
  SELECT p.id, left(p.given_name, 1) || '. ' || p.family_name, a.id, a.name, array_to_string(p.roles, ',')
    INTO NEW.person_id, NEW.person, NEW.agency_id, NEW.agency, NEW.role
    FROM public.accounts_person p JOIN public.accounts_agency a ON a.id = p.agency_id WHERE p.id = me;
  RETURN NEW;
END $$;

-- A notice to somebody else names its sender first.
CREATE FUNCTION access.notice_sender() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
BEGIN
  IF me IS NOT NULL AND NEW.person_id <> me THEN
    NEW.words[1] := (SELECT left(given_name, 1) || '. ' || family_name FROM public.accounts_person WHERE id = me);
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION access.has_role(wanted varchar[]) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT roles && wanted FROM public.accounts_person WHERE id = access.person()), false);
END $$;

-- May the person in hand answer a question that waits? Somebody else than who asked, of the team that was asked, whom no relation
-- keeps from the child: a supervisor where a care plan or a shelter without a licence is asked about; about a seal or an erasure
-- somebody who shares no team with who asked. Where a role is asked, those whom the database names.
CREATE FUNCTION access.may_answer(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce((SELECT a.asked_by_id <> access.person() AND CASE
      WHEN a.role <> '' THEN access.decides_in_role(a.subject_id, a.role)
      WHEN a.team_id <> ALL (access.teams()) OR a.child_id = ANY (access.conflicts()) THEN false
      WHEN a.kind IN ('care_plan', 'lapsed_licence') THEN access.has_role('{supervisor}')
        AND (a.child_id IS NULL OR NOT access.sealed_away(a.child_id))
      WHEN access.shares_team(a.asked_by_id) THEN false
      WHEN a.kind IN ('seal', 'custodians', 'unseal') THEN access.decides_seals()
      WHEN a.kind = 'erasure' THEN access.has_role('{supervisor,privacy_officer}') AND NOT access.sealed_away(a.child_id)
        AND access.could_propose(a.child_id, a.asked_by_id) END
    FROM public.casework_approval a WHERE a.id = which AND a.state = 1), false);
END $$;

-- Whom of the team that is asked in this transaction the person in hand tells of it: nobody whom a relation keeps from the child. A
-- page that does not open would tell them that there is a file.
CREATE FUNCTION access.told_of_question(which uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT m.person_id FROM public.casework_approval a
    JOIN public.accounts_membership m ON m.team_id = a.team_id AND tstzrange(m.since, m.until) @> public.app_now()
   WHERE a.id = which AND a.asked_by_id = access.person() AND a.asked = public.app_now()
     AND NOT access.is_related(m.person_id, a.child_id));
END $$;

-- What became of a question to a second person about a seal or an erasure, for whoever asked and those who were asked: notices of it
-- lead there. Nothing of the file; nothing for whom a relation keeps from it. A seal too, but not from what one asked about it: its
-- custodians may be others; nor from a question about it that was taken back: that a file is sealed later would show by its silence.
-- That an erasure closed it is for whoever reads what was erased.
CREATE FUNCTION access.question_over(which uuid)
RETURNS TABLE (child_id uuid, kind varchar, state varchar, asked_by_id uuid, asked timestamptz, decided_by_id uuid, decided timestamptz, comment varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT a.child_id, a.kind, (CASE a.state WHEN 2 THEN 'approved' WHEN 5 THEN 'taken_back' WHEN 1 THEN
        CASE WHEN a.kind <> 'erasure' OR access.could_propose(a.child_id, a.asked_by_id) THEN 'asked' ELSE 'lapsed' END
      WHEN 6 THEN CASE WHEN access.reads_erasures(a.child_id) OR (access.reads_tombstone(a.child_id)
          AND EXISTS (SELECT FROM public.victims_child c WHERE c.id = a.child_id AND c.erased @> '{1,2,3,4,5,6,7,8,9}')) THEN 'erased' ELSE 'closed' END
      ELSE 'refused' END)::varchar, a.asked_by_id, a.asked, a.decided_by_id, a.decided, a.comment
    FROM public.casework_approval a
   WHERE a.id = which AND a.kind IN ('seal', 'custodians', 'unseal', 'erasure') AND a.child_id <> ALL (access.conflicts())
     AND ((a.asked_by_id = access.person() AND (a.kind <> 'erasure' OR NOT access.sealed_away(a.child_id)))
       OR (a.team_id = ANY (access.teams()) AND ((a.kind <> 'erasure' AND a.state = 5) OR NOT access.sealed_away(a.child_id))
         AND CASE WHEN a.kind = 'erasure' THEN access.has_role('{supervisor,privacy_officer}') ELSE access.decides_seals() END));
END $$;

-- A question is asked in one's own name and undecided, about a file whose SUMMARY is open or of one's own team, and answered once,
-- in one's own name, by whoever may. Where a role is asked, and where an erasure is approved, with a fresh code. Whoever asked about a
-- seal or an erasure takes it back while it waits.
CREATE FUNCTION access.approval_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer text[] := '{version,state,decided_by_id,decided,comment}';
  me uuid := access.person();
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 1 OR NEW.asked_by_id <> me OR NEW.asked <> public.app_now() OR NOT (CASE WHEN NEW.child_id IS NULL
         THEN NEW.team_id = ANY (access.teams()) ELSE access.holds(NEW.child_id, 1001)
           OR (NEW.kind = 'custodians' AND access.inherits_seal(NEW.child_id))
           OR (NEW.kind = 'erasure' AND access.oversees(NEW.child_id) IS NOT NULL) END) THEN
      RAISE EXCEPTION 'a question is asked in one''s own name and now, about a file that is open' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Such a question shows its team the seal: planted before there is one, it would show what is sealed later.
    IF NEW.kind IN ('seal', 'custodians', 'unseal') AND (NEW.team_id = ANY (access.teams()) OR NOT EXISTS (
         SELECT FROM public.access_seal s WHERE s.id = NEW.subject_id AND s.child_id = NEW.child_id AND s.ended IS NULL
           AND CASE NEW.kind WHEN 'unseal' THEN s.sealed IS NOT NULL AND s.open_reason <> '' AND NOT access.is_end_asked(s.id)
               ELSE s.sealed IS NULL AND s.asked_by_id = me END)) THEN
      RAISE EXCEPTION 'another team is asked about the seal that was just asked for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.kind = 'erasure' AND (NEW.team_id = ANY (access.teams()) OR NOT access.may_ask_to_erase(NEW.team_id, me) OR NOT EXISTS (SELECT FROM public.access_erasure e
         WHERE e.id = NEW.subject_id AND e.child_id = NEW.child_id AND e.asked_by_id = me AND e.asked = NEW.asked AND e.done IS NULL)) THEN
      RAISE EXCEPTION 'another team is asked about the erasure that was just proposed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.kind IN ('order', 'copy')) <> (NEW.role <> '') OR (NEW.role <> '' AND NOT EXISTS (
         SELECT FROM public.victims_disclosure d WHERE d.id = NEW.subject_id AND d.child_id = NEW.child_id AND d.kind = NEW.kind
           AND d.asked_by_id = me AND d.asked = public.app_now() AND NEW.role = ANY (access.decisions_needed(d.kind)))) THEN
      RAISE EXCEPTION 'people of a role are asked about a disclosure as it is asked for' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.state = 5 AND OLD.state = 1 AND OLD.kind IN ('seal', 'custodians', 'unseal', 'erasure') AND OLD.asked_by_id = me AND NEW.decided_by_id IS NULL
     AND NEW.decided IS NOT DISTINCT FROM public.app_now() AND NEW.comment = '' AND to_jsonb(NEW) - answer = to_jsonb(OLD) - answer THEN
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer OR OLD.state <> 1 OR NEW.state NOT IN (2, 3, 4)
     OR NEW.decided_by_id IS DISTINCT FROM me OR NEW.decided IS DISTINCT FROM public.app_now() OR NOT access.may_answer(OLD.id)
     OR ((OLD.role <> '' OR (OLD.kind = 'erasure' AND NEW.state = 2)) AND NOT access.is_signing()) THEN
    RAISE EXCEPTION 'a question is answered once, by somebody else of the team that was asked'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- May the team own the file from now on? Inside the owner's agency a member of the owner team says so; another agency's
-- team takes a file over that its owner has transferred or handed over to it, and that it has accepted.
CREATE FUNCTION access.may_own(file uuid, owner_before uuid, owner_after uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (owner_before = ANY (access.teams()) AND access.is_ours(owner_after, NULL))
    OR access.falls_to_intake(owner_before, owner_after)
    OR (owner_after = ANY (access.teams()) AND EXISTS (SELECT FROM public.access_grant g
        JOIN public.accounts_membership m ON m.person_id = g.given_by_id AND m.team_id = owner_before
       WHERE g.child_id = file AND g.team_id = owner_after AND g.basis IN ('transfer', 'hand_over')
         AND g.accepted IS NOT NULL AND g.ended IS NULL AND g.until > public.app_now()));
END $$;

-- Did this person, or somebody of the same team, bring the file to the state where it stands?
CREATE FUNCTION access.brought_here(file uuid, cycle varchar, state integer) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM (SELECT h.history_user_id FROM public.victims_historicalchild h
        WHERE h.id = file AND h.version > coalesce((SELECT max(o.version) FROM public.victims_historicalchild o
          WHERE o.id = file AND CASE cycle WHEN 'stage' THEN o.stage ELSE o.identity END <> state), 0)
        ORDER BY h.version LIMIT 1) mover
     WHERE mover.history_user_id = access.person()
        OR EXISTS (SELECT FROM public.accounts_membership m WHERE m.person_id = mover.history_user_id
                   AND m.until IS NULL AND m.team_id = ANY (access.teams())));
END $$;

-- Raises unless the table of steps leads from one state to the other and this person may take that step.
CREATE FUNCTION access.demand_step(file uuid, which varchar, before integer, after integer, owner uuid) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF before = after THEN RETURN; END IF;
  IF NOT EXISTS (SELECT FROM public.access_step s
      WHERE s.cycle = which AND s.source = before AND s.target = after AND access.holds(file, s.permission)
        AND (NOT s.owner_only OR owner = ANY (access.teams()))
        AND (NOT s.second_team OR NOT access.brought_here(file, which, before))) THEN
    RAISE EXCEPTION 'this step of the % is not this person''s to take', which USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- Number and first day of a file stay; steps are taken by whom the table of steps names; the owner changes by transfer;
-- no file of a restricted series is open to the network; what SUMMARY holds is changed by whoever may change SUMMARY.
CREATE FUNCTION access.child_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,stage,identity,open_to_network,owner_id}';
BEGIN
  IF NEW.open_to_network AND EXISTS (SELECT FROM public.victims_childseries l JOIN public.victims_series s
       ON s.id = l.series_id WHERE l.child_id = NEW.id AND l.ended IS NULL AND NOT s.is_network) THEN
    RAISE EXCEPTION 'a file of a restricted series is not open to the network' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.open_to_network AND EXISTS (SELECT FROM public.access_seal s
       WHERE s.child_id = NEW.id AND s.sealed IS NOT NULL AND s.ended IS NULL) THEN
    RAISE EXCEPTION 'a sealed file is not open to the network' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  IF (NEW.case_number, NEW.opened) IS DISTINCT FROM (OLD.case_number, OLD.opened) THEN
    RAISE EXCEPTION 'number and first day of a file stay' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM access.demand_step(NEW.id, 'stage', OLD.stage, NEW.stage, OLD.owner_id);
  PERFORM access.demand_step(NEW.id, 'identity', OLD.identity, NEW.identity, OLD.owner_id);
  IF NEW.owner_id <> OLD.owner_id AND NOT access.may_own(NEW.id, OLD.owner_id, NEW.owner_id) THEN
    RAISE EXCEPTION 'a file changes its owner by transfer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.owner_id <> OLD.owner_id THEN
    IF access.changes_hands(NEW.id) THEN
      RAISE EXCEPTION 'a file stays where it is while its child changes hands' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM access.take_turn(access.agency_of(NEW.owner_id, NULL));
    IF NOT access.has_others(NEW.owner_id, NULL) THEN
      RAISE EXCEPTION 'no file is left without somebody who works on it' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free AND NOT access.holds(NEW.id, 1010) THEN
    RAISE EXCEPTION 'the summary is not this person''s to change' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A child is linked to a series that the person sees; the link stands where the person changes the series. Child and
-- series of a link stay, and one that ended stays so. A file that is open to the network is closed before it is linked to a
-- restricted series.
CREATE FUNCTION access.link_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  stood boolean := false;
BEGIN
  IF access.person() IS NOT NULL THEN
    IF NOT access.sees_series(NEW.series_id) THEN
      RAISE EXCEPTION 'this series is not open to this person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' THEN
      stood := OLD.stands;
      IF (NEW.id, NEW.child_id, NEW.series_id) IS DISTINCT FROM (OLD.id, OLD.child_id, OLD.series_id) OR OLD.ended IS NOT NULL
         OR (OLD.stands AND NOT NEW.stands) THEN
        RAISE EXCEPTION 'a link is only ended, never changed' USING ERRCODE = 'insufficient_privilege';
      END IF;
    END IF;
    IF NEW.stands AND NOT stood AND NOT access.changes_series(NEW.series_id) THEN
      RAISE EXCEPTION 'a link stands by the holder of the series' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.ended IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.ended <> public.app_now()) THEN
      RAISE EXCEPTION 'a link ends now' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  IF EXISTS (SELECT FROM public.victims_child c, public.victims_series s
             WHERE c.id = NEW.child_id AND s.id = NEW.series_id AND NEW.ended IS NULL AND c.open_to_network AND NOT s.is_network) THEN
    RAISE EXCEPTION 'a file that is open to the network is closed first' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Nothing of a grant changes but its acceptance, its renewal, its confirmation and its end, only by those concerned and in
-- their own name. Ownership ends only once the file has another owner.
CREATE FUNCTION access.grant_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{accepted,accepted_by_id,ended,ended_by_id,end_reason,version}';
  me uuid := access.person();
BEGIN
  IF (to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free AND NOT access.goes_on(OLD, NEW)) OR OLD.ended IS NOT NULL
     OR (OLD.accepted IS NOT NULL AND (NEW.accepted, NEW.accepted_by_id) IS DISTINCT FROM (OLD.accepted, OLD.accepted_by_id)) THEN
    RAISE EXCEPTION 'a grant is only accepted or ended, never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF me IS NULL THEN RETURN NEW; END IF;
  IF NEW.accepted IS NOT NULL AND OLD.accepted IS NULL
     AND NOT (NEW.accepted_by_id = me AND 0 < ANY (access.reach())
              AND (coalesce(OLD.team_id = ANY (access.teams()), false) OR coalesce(OLD.person_id = me, false))) THEN
    RAISE EXCEPTION 'a grant is accepted by whom it is given to' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.accepted IS NOT NULL AND OLD.accepted IS NULL
     AND (access.waits_for_act(NEW.id) OR access.waits_for_signature(NEW.id)) THEN
    RAISE EXCEPTION 'access that comes with a bed, a referral or a hand-over is accepted by that act'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.accepted IS NOT NULL AND OLD.accepted IS NULL AND (NEW.accepted <> public.app_now() OR OLD.until <= NEW.accepted))
     OR (NEW.ended IS NOT NULL AND NEW.ended <> public.app_now()) THEN
    RAISE EXCEPTION 'a grant is accepted and ended now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.ended IS NOT NULL AND (NEW.ended_by_id <> me OR (OLD.basis = 'ownership' AND EXISTS (
       SELECT FROM public.victims_child c WHERE c.id = OLD.child_id AND c.owner_id = OLD.team_id))) THEN
    RAISE EXCEPTION 'a grant is ended in one''s own name, ownership by transfer' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Stores the first key of a child's section for whoever may see that section. The proof shows that the application made
-- it: a key planted by a query would close the section for ever. A key that is there already stays.
CREATE FUNCTION access.add_section_key(proof text, key_id uuid, file uuid, part smallint, ring_name varchar, closed bytea)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  IF access.person() IS NOT NULL AND NOT access.holds(file, 1000 + part) THEN
    RAISE EXCEPTION 'this section is not this person''s' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.casework_sectionkey (id, child_id, section, ring, wrapped)
  VALUES (key_id, file, part, ring_name, closed) ON CONFLICT (child_id, section) DO NOTHING;
END $$;
