-- Tables of files that somebody takes along: above twenty files, those taken within a day counted together, somebody of
-- another team allows it.

-- Who allows it: privacy officers and supervisors of the same agency who share no team with whoever asks.
CREATE FUNCTION access.extract_deciders(asker uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(array_agg(p.id), '{}') FROM public.accounts_person p
    JOIN public.accounts_person a ON a.id = asker AND a.agency_id = p.agency_id
   WHERE p.is_active AND p.id <> asker AND p.roles && '{supervisor,privacy_officer}'::varchar[]
     AND NOT EXISTS (SELECT FROM public.accounts_membership m JOIN public.accounts_membership o ON o.team_id = m.team_id
                     WHERE m.person_id = p.id AND o.person_id = asker AND m.until IS NULL AND o.until IS NULL));
END $$;

-- How many files the person has in tables of the last 24 hours that nobody else had to allow, these counted with them.
CREATE FUNCTION access.files_taken(files uuid[]) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT count(DISTINCT f) FROM (SELECT unnest(files) AS f UNION ALL
    SELECT unnest(x.files) FROM public.access_extract x WHERE x.person_id = access.person() AND NOT x.needs_second
       AND x.asked > public.app_now() - interval '24 hours') taken);
END $$;

-- A table is asked for in one's own name and now, and says truly whether a second person is needed; that person answers
-- once, in the own name, with words.
CREATE FUNCTION access.extract_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  answer text[] := '{version,decided_by_id,decided,is_allowed,comment}';
  me uuid := access.person();
  at timestamptz := public.app_now();
BEGIN
  IF me IS NULL AND access.holder() IS NULL THEN RETURN NEW; END IF;
  IF TG_OP = 'INSERT' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('table ' || me, 0));  -- two short ones at once are one long one
    IF NEW.person_id = me AND NEW.agency_id = access.agency() AND NEW.asked = at AND NEW.decided IS NULL
       AND btrim(NEW.purpose) <> '' AND (NEW.needs_second OR access.files_taken(NEW.files) <= 20) THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a table of more than twenty files a day needs a second person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.decided IS NOT NULL OR NOT OLD.needs_second OR to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer
     OR NEW.decided IS DISTINCT FROM at OR NEW.decided_by_id IS DISTINCT FROM me
     OR coalesce(me <> ALL (access.extract_deciders(OLD.person_id)), true) THEN
    RAISE EXCEPTION 'a table is allowed once, by somebody of another team' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
