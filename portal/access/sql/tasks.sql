-- What a query cannot forge of a task: whose it is, what it asks for, by when, and who says that it is done.

-- Does this person do the tasks of a team? Those of a file are done by whoever works with files.
CREATE FUNCTION access.does_tasks(who uuid, team uuid, file uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (file IS NULL OR access.is_caseworker(who))
    AND EXISTS (SELECT FROM public.accounts_membership m WHERE m.person_id = who AND m.team_id = team AND m.until IS NULL);
END $$;

-- Did the file go from one team to the other in this transaction?
CREATE FUNCTION access.has_moved(file uuid, owner_before uuid, owner_after uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.victims_historicalchild h
    JOIN public.victims_historicalchild o ON o.id = h.id AND o.version = h.version - 1 AND o.owner_id = owner_before
   WHERE h.id = file AND h.owner_id = owner_after AND h.tx = pg_current_xact_id());
END $$;

-- Tasks of an account that is closed go back to their team.
-- A task begins open. What it asks for stays, also once it has ended. It is due sooner, counted from now, by a rule of its
-- kind, by whoever may change SUMMARY; goes to another team with its file; to a colleague by its own team, a supervisor where somebody else
-- has it; those who wait for it remind once a day; it ends now.
CREATE FUNCTION access.task_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := '{version,team_id,person_id,due,rule,to_the_minute,state,reminded,ended,overrun_reason}';
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF (NEW.state, NEW.step, NEW.overrun_reason, NEW.version) <> (1, 0, '', 1) OR num_nonnulls(NEW.ended, NEW.reminded) > 0
       OR (NEW.person_id IS NOT NULL AND NOT access.does_tasks(NEW.person_id, NEW.team_id, NEW.child_id)) THEN
      RAISE EXCEPTION 'a task begins open, with its team or somebody of it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> 1 OR to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN
    RAISE EXCEPTION 'what a task asks for stays' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.due, NEW.rule, NEW.to_the_minute) IS DISTINCT FROM (OLD.due, OLD.rule, OLD.to_the_minute)
     AND NOT coalesce(NEW.due < OLD.due AND NEW.due >= at AND access.holds(OLD.child_id, 1010) AND EXISTS (
       SELECT FROM public.casework_duerule r WHERE r.code = OLD.kind AND r.sentence = NEW.rule), false) THEN
    RAISE EXCEPTION 'a task is due sooner by its rule, never later' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.team_id <> OLD.team_id
     AND NOT (NEW.person_id IS NULL AND access.has_moved(OLD.child_id, OLD.team_id, NEW.team_id)) THEN
    RAISE EXCEPTION 'a task goes to another team with its file' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.team_id = OLD.team_id AND NEW.person_id IS DISTINCT FROM OLD.person_id
     AND NOT (OLD.team_id = ANY (access.teams()) AND access.does_tasks(NEW.person_id, OLD.team_id, OLD.child_id)
       AND (coalesce(OLD.person_id, me) = me OR access.has_role('{supervisor}')))
     AND NOT (NEW.person_id IS NULL AND (OLD.person_id = me OR access.named_by_me(OLD.person_id, OLD.child_id)
       OR coalesce(access.keeps_person(OLD.person_id), false))) THEN
    RAISE EXCEPTION 'a task is given to a colleague by its own team, or back to the team' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.reminded IS DISTINCT FROM OLD.reminded
     AND NOT coalesce(NEW.reminded = at AND NEW.state = 1
       AND (OLD.reminded IS NULL OR (OLD.reminded AT TIME ZONE 'UTC')::date < (at AT TIME ZONE 'UTC')::date)
       AND (access.holds(OLD.child_id, 1015) OR EXISTS (SELECT FROM public.victims_child c
         WHERE c.id = OLD.child_id AND c.owner_id = ANY (access.teams()))), false) THEN
    RAISE EXCEPTION 'those who wait for a task remind of it once a day' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.state = 1 AND NEW.overrun_reason <> OLD.overrun_reason) OR (NEW.state <> 1 AND NEW.ended <> at) THEN
    RAISE EXCEPTION 'a task ends now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A task that neither its team nor its person ends is ended by the record, or the step, that it asked for or that makes an
-- end of it, in the same transaction. Asked at the end, because the record may be written after the task; the history row
-- says who it was.
CREATE FUNCTION access.task_answered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  act xid8 := pg_current_xact_id();
  who uuid := (SELECT h.history_user_id FROM public.casework_historicaltask h WHERE h.id = NEW.id AND h.version = NEW.version);
BEGIN
  IF who IS NULL OR who = OLD.person_id OR access.does_tasks(who, OLD.team_id, OLD.child_id) THEN RETURN NULL; END IF;
  IF NEW.kind = 'plan_action' AND EXISTS (SELECT FROM public.victims_historicalplanaction h
       WHERE h.child_id = NEW.child_id AND h.task_id = NEW.id AND h.ended IS NOT NULL AND h.tx = act) THEN RETURN NULL; END IF;
  IF NEW.state = 2 AND (CASE
       WHEN NEW.kind IN ('first_contact', 'visit', 'contact_retry', 'placement_visit') THEN EXISTS (
         SELECT FROM public.victims_historicalfollowup h WHERE h.child_id = NEW.child_id AND h.tx = act)
       WHEN NEW.kind IN ('initial_assessment', 'full_assessment') THEN EXISTS (
         SELECT FROM public.victims_historicalassessment h WHERE h.child_id = NEW.child_id AND h.tx = act)
       WHEN NEW.kind IN ('care_plan', 'plan_review') THEN EXISTS (
         SELECT FROM public.victims_historicalcareplan h WHERE h.child_id = NEW.child_id AND h.state = 4 AND h.tx = act)
       WHEN NEW.kind = 'second_officer_24h' THEN EXISTS (
         SELECT FROM public.victims_historicalchild h WHERE h.id = NEW.child_id AND h.identity = 4 AND h.tx = act)
       WHEN NEW.kind = 'plan_rescue' THEN EXISTS (
         SELECT FROM public.victims_historicalchild h WHERE h.id = NEW.child_id AND h.stage IN (3, 4) AND h.tx = act)
       WHEN NEW.kind = 'registration_48h' THEN EXISTS (
         SELECT FROM public.victims_historicalidentity h WHERE h.child_id = NEW.child_id AND h.tx = act)
       WHEN NEW.kind IN ('child_request', 'child_request_longer') THEN EXISTS (
         SELECT FROM public.victims_historicalchildrequest h WHERE h.child_id = NEW.child_id AND h.tx = act)
       WHEN NEW.kind = 'order_expiry' THEN EXISTS (
         SELECT FROM public.victims_historicallegalorder h WHERE h.child_id = NEW.child_id AND h.tx = act)
         OR EXISTS (SELECT FROM public.victims_historicalrescue h WHERE h.child_id = NEW.child_id AND h.tx = act)
     END) THEN RETURN NULL; END IF;
  IF NEW.state = 3 AND EXISTS (SELECT FROM public.casework_duerule r WHERE r.code = NEW.kind)
     AND (EXISTS (SELECT FROM public.victims_historicalchild h
            JOIN public.victims_historicalchild o ON o.id = h.id AND o.version = h.version - 1
            AND CASE WHEN NEW.kind = 'second_officer_24h' THEN o.identity <> h.identity ELSE o.stage <> h.stage END
           WHERE h.id = NEW.child_id AND h.tx = act)
       OR (NEW.kind = 'placement_visit' AND EXISTS (SELECT FROM public.shelters_historicalplacement h
           WHERE h.child_id = NEW.child_id AND h.state = 3 AND h.tx = act))) THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'a task of another team ends with the record that it asked for' USING ERRCODE = 'insufficient_privilege';
END $$;
