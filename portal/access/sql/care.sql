-- What a query cannot forge of a care plan: who approves it, and who says what came of an action.

-- Has the person written any word of a version: its text, a goal, or an action that was asked for or cancelled since a
-- version was approved last? Asking for changes is not writing. Answered for whoever holds CARE.
CREATE FUNCTION access.wrote_plan(plan uuid, who uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  file uuid := (SELECT p.child_id FROM public.victims_careplan p WHERE p.id = plan);
  approved timestamptz := coalesce((SELECT max(h.history_date) FROM public.victims_historicalcareplan h
    WHERE h.child_id = file AND h.id <> plan AND h.state = 4), '-infinity');
BEGIN
  IF NOT access.holds(file, 1006) THEN RETURN NULL; END IF;
  RETURN EXISTS (SELECT FROM public.victims_historicalcareplan h
      WHERE h.id = plan AND h.history_user_id = who AND h.state IN (1, 2, 3) AND NOT (h.state = 3 AND EXISTS (
        SELECT FROM public.victims_historicalcareplan o WHERE o.id = plan AND o.version = h.version - 1 AND o.state = 2)))
    OR EXISTS (SELECT FROM public.victims_historicalgoal h WHERE h.plan_id = plan AND h.history_user_id = who)
    OR EXISTS (SELECT FROM public.victims_historicalplanaction h
      JOIN public.victims_planaction a ON a.id = h.id JOIN public.victims_goal g ON g.id = a.goal_id
      WHERE g.plan_id = plan AND h.history_user_id = who AND (h.version = 1 OR h.state = 6) AND h.history_date >= approved);
END $$;

-- A plan is written while nobody decides on it, and goes to the team that owns the file; a supervisor of its team, who
-- wrote no word of it and did not send it, agrees or asks for changes.
CREATE FUNCTION access.plan_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  writes boolean;
  supervises boolean;
  decides boolean;
  sending text[] := '{state,version,approval_id,sent_by_id,team_id}';
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 1 THEN
      RAISE EXCEPTION 'a care plan begins as a draft' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  writes := access.holds(NEW.child_id, 1015);
  supervises := access.has_role('{supervisor}') AND (OLD.team_id = ANY (access.teams()) OR EXISTS (
    SELECT FROM public.victims_child c WHERE c.id = OLD.child_id AND c.owner_id = ANY (access.teams())));
  decides := supervises AND OLD.team_id = ANY (access.teams()) AND NOT access.wrote_plan(OLD.id, me);
  IF (NEW.child_id, NEW.number) IS DISTINCT FROM (OLD.child_id, OLD.number)
     OR (to_jsonb(NEW) - sending <> to_jsonb(OLD) - sending AND NOT (writes AND OLD.state IN (1, 3) AND NEW.state = OLD.state)) THEN
    RAISE EXCEPTION 'a care plan is written before it is sent' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.approval_id, NEW.sent_by_id, NEW.team_id) IS DISTINCT FROM (OLD.approval_id, OLD.sent_by_id, OLD.team_id)
     AND NOT (writes AND NEW.state = 2 AND NEW.sent_by_id = me AND (NEW.team_id = OLD.team_id
       OR NEW.team_id = (SELECT c.owner_id FROM public.victims_child c WHERE c.id = NEW.child_id))) THEN
    RAISE EXCEPTION 'a care plan is sent in one''s own name' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> OLD.state AND NOT coalesce(CASE
       WHEN OLD.state IN (1, 3) AND NEW.state = 2 THEN writes AND NEW.sent_by_id = me
       WHEN OLD.state = 2 AND NEW.state IN (3, 4) THEN decides
       WHEN OLD.state = 4 AND NEW.state = 5 THEN supervises AND access.holds(NEW.child_id, 1006)
     END, false) THEN
    RAISE EXCEPTION 'this step of the care plan is not this person''s to take' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Whoever may change CARE plans, reminds and cancels; how far an action is and what came of it says its team alone.
CREATE FUNCTION access.action_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  told text[] := '{state,result,ended,version}';
  writes boolean;
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  writes := access.holds(NEW.child_id, 1015);
  IF NEW.child_id <> OLD.child_id OR (to_jsonb(NEW) - told <> to_jsonb(OLD) - told AND NOT writes) THEN
    RAISE EXCEPTION 'what is planned is not this person''s to change' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (NEW.state, NEW.result, NEW.ended) IS DISTINCT FROM (OLD.state, OLD.result, OLD.ended)
     AND (OLD.ended IS NOT NULL OR NOT (OLD.team_id = ANY (access.teams()) OR (writes AND NEW.state = 6))) THEN
    RAISE EXCEPTION 'only its team says what came of an action' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
