-- Beds: who may look for one, which is free, and what a query under the application's role cannot do to a placement.

CREATE FUNCTION access.places_children() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.has_role('{social_worker,investigator,intake,shelter_worker,supervisor}');
END $$;

-- Whether the person keeps the shelter: a shelter worker of the team that runs it.
CREATE FUNCTION access.keeps_shelter(house uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN access.has_role('{shelter_worker}')
    AND EXISTS (SELECT FROM public.shelters_shelter s WHERE s.id = house AND s.team_id = ANY (access.teams()));
END $$;

-- How many beds each shelter has, how many are free, and since when the last one is taken: three facts, no child. A hold
-- begins when it is made, so one that has not run out takes the bed, also where its transaction began after ours.
CREATE FUNCTION access.bed_counts()
RETURNS TABLE (shelter_id uuid, beds integer, free integer, taken timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.places_children() THEN RETURN; END IF;
  RETURN QUERY SELECT b.shelter_id, count(*)::integer, (count(*) FILTER (WHERE p.id IS NULL))::integer, max(lower(p.during))
    FROM public.shelters_bed b LEFT JOIN public.shelters_placement p ON p.bed_id = b.id AND p.state IN (1, 2)
     AND (upper_inf(p.during) OR upper(p.during) > public.app_now())
   WHERE b.is_active GROUP BY b.shelter_id;
END $$;

-- A free bed of a shelter for a child, or nothing. Holds of one child, and holds in one shelter, come one after the other:
-- two that insert side by side would each wait for the other at the exclusion constraint.
CREATE FUNCTION access.free_bed(file uuid, house uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.holds(file, 1012) THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('bed of ' || file, 0));
  PERFORM pg_advisory_xact_lock(hashtextextended('beds of ' || house, 0));
  RETURN (SELECT b.id FROM public.shelters_bed b JOIN public.shelters_shelter s ON s.id = b.shelter_id
    WHERE s.id = house AND s.is_active AND b.is_active AND NOT EXISTS (SELECT FROM public.shelters_placement p
      WHERE p.bed_id = b.id AND p.state IN (1, 2) AND (upper_inf(p.during) OR upper(p.during) > public.app_now()))
    ORDER BY b.label, b.id LIMIT 1);
END $$;

-- The free beds of a shelter, for whoever may look for one.
CREATE FUNCTION access.free_beds(house uuid) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.places_children() THEN RETURN; END IF;
  RETURN QUERY SELECT b.id FROM public.shelters_bed b WHERE b.shelter_id = house AND b.is_active AND NOT EXISTS (
    SELECT FROM public.shelters_placement p WHERE p.bed_id = b.id AND p.state IN (1, 2)
      AND (upper_inf(p.during) OR upper(p.during) > public.app_now()));
END $$;

-- Has the licence of the shelter ended, by the day where its agency is, without a supervisor of the person's teams having allowed it
-- within fourteen days? (shelters/licences.py)
CREATE FUNCTION access.licence_forbids(house uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public.shelters_shelter s JOIN public.accounts_agency a ON a.id = s.agency_id
       WHERE s.id = house AND s.licence_until < (public.app_now() AT TIME ZONE a.time_zone)::date)
    AND NOT EXISTS (SELECT FROM public.casework_approval a WHERE a.kind = 'lapsed_licence' AND a.subject_id = house
       AND a.state = 2 AND a.team_id = ANY (access.teams()) AND a.decided > public.app_now() - interval '14 days');
END $$;

-- When the next bed can be held for a child by this person; nothing where it can be now. A hold opens the address of a
-- shelter: within an hour a child gets three, and one person gives three back, however many children there are.
CREATE FUNCTION access.next_hold(file uuid) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  since timestamptz := public.app_now() - interval '1 hour';
BEGIN
  IF NOT access.holds(file, 1012) THEN RETURN NULL; END IF;
  RETURN interval '1 hour' + greatest(
    (SELECT lower(p.during) FROM public.shelters_placement p WHERE p.child_id = file AND lower(p.during) > since
      ORDER BY lower(p.during) DESC OFFSET 2 LIMIT 1),
    (SELECT lower(p.during) FROM public.shelters_placement p WHERE p.held_by_id = access.person() AND p.state = 4
       AND lower(p.during) > since ORDER BY lower(p.during) DESC OFFSET 2 LIMIT 1));
END $$;

-- A bed is held from now for four hours, once for four more. The shelter or the owner's team admits and ends; whoever
-- changes WHEREABOUTS, or the shelter, gives a bed back. Child, needs and access of a placement stay, and so does the bed
-- until the child is moved to another one of the shelter.
CREATE FUNCTION access.placement_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  free text[] := CASE WHEN TG_OP = 'UPDATE' AND OLD.state = 2 AND NEW.state = 2 THEN '{version,bed_id}'
                      ELSE '{version,state,during,renewed,end_reason}' END;
  at timestamptz := public.app_now();
  changes boolean;
  shelter boolean;
  step text;
BEGIN
  IF NOT EXISTS (SELECT FROM public.shelters_bed b JOIN public.shelters_shelter s ON s.id = b.shelter_id
       WHERE b.id = NEW.bed_id AND s.id = NEW.shelter_id AND s.team_id = NEW.team_id) THEN
    RAISE EXCEPTION 'a placement names the shelter of its bed and its team' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  changes := access.holds(NEW.child_id, 1012);
  IF TG_OP = 'INSERT' THEN
    IF access.next_hold(NEW.child_id) IS NOT NULL THEN
      RAISE EXCEPTION 'too many beds were held within an hour' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF access.licence_forbids(NEW.shelter_id) THEN
      RAISE EXCEPTION 'the licence of the shelter has ended' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 1 AND NEW.during = tstzrange(at, at + interval '4 hours') AND NOT NEW.renewed AND changes
       AND NEW.held_by_id = access.person() AND (NEW.grant_id IS NULL OR EXISTS (SELECT FROM public.access_grant g
         WHERE g.id = NEW.grant_id AND g.child_id = NEW.child_id AND g.team_id = NEW.team_id AND g.accepted IS NULL)) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a bed is held from now, for four hours' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
    RAISE EXCEPTION 'child, bed, needs and access of a placement stay' USING ERRCODE = 'insufficient_privilege';
  END IF;
  shelter := NEW.team_id = ANY (access.teams()) AND access.has_role('{shelter_worker}');
  step := OLD.state || '-' || NEW.state;
  IF step = '1-4' AND (changes OR shelter) AND NEW.during = OLD.during AND NEW.renewed = OLD.renewed THEN RETURN NEW; END IF;
  IF step = '1-1' AND changes AND OLD.during @> at AND NEW.renewed AND NOT OLD.renewed
     AND NEW.during = tstzrange(lower(OLD.during), upper(OLD.during) + interval '4 hours') THEN RETURN NEW; END IF;
  shelter := shelter OR EXISTS (SELECT FROM public.victims_child c
    WHERE c.id = NEW.child_id AND c.owner_id = ANY (access.teams()) AND changes);
  IF step = '1-2' AND shelter AND OLD.during @> at AND NEW.during = tstzrange(at, NULL) THEN RETURN NEW; END IF;
  IF step = '2-2' AND shelter AND changes AND NEW.bed_id <> OLD.bed_id THEN RETURN NEW; END IF;
  IF step = '2-3' AND shelter AND changes AND lower(NEW.during) = lower(OLD.during)
     AND upper(NEW.during) > lower(OLD.during) AND upper(NEW.during) <= at THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'this step of the placement is not this person''s to take' USING ERRCODE = 'insufficient_privilege';
END $$;
