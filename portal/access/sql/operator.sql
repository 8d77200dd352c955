-- Keeping the portal: agencies, the network's settings, and the first day, on which one operator sets everything up alone.

-- Whether there is no file yet. Until then nobody could be a second person; from the first file on the operator keeps
-- agencies, agreements, settings and jobs, and nothing else alone.
CREATE FUNCTION access.is_first_day() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM public.victims_child);
END $$;

-- What an operator changed before the first file was opened, oldest first; for those who oversee and the operator. An act
-- on the own account alone (password, second factor) is no act on the network.
CREATE FUNCTION access.first_day_acts() RETURNS SETOF public.audit_event
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{auditor,privacy_officer,operator}') THEN RETURN; END IF;
  RETURN QUERY SELECT e.* FROM public.audit_event e
    WHERE e.role = 'operator' AND e.action IN ('C', 'U', 'D') AND e.outcome = 'ok'
      AND e.kind NOT IN ('password', 'second factor')
      AND e.recorded < coalesce((SELECT min(h.history_date) FROM public.victims_historicalchild h), 'infinity')
    ORDER BY e.recorded, e.id LIMIT 1000;
END $$;

-- Whom the operator invited on the first day, for the same people: invitations are their agency's to see otherwise.
CREATE FUNCTION access.first_day_invitations() RETURNS TABLE (id uuid, given_name varchar, family_name varchar, roles varchar[], agency varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT i.id, i.given_name, i.family_name, i.roles, a.name FROM public.accounts_invitation i
    JOIN public.accounts_agency a ON a.id = i.agency_id WHERE i.id IN (SELECT e.entity_id FROM access.first_day_acts() e);
END $$;

-- Whether an agency owns files or series: it is not switched off before they have another owner. No number, no file.
CREATE FUNCTION access.owns_anything(which uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{operator}') THEN RETURN NULL; END IF;
  RETURN EXISTS (SELECT FROM public.victims_child c JOIN public.accounts_team t ON t.id = c.owner_id WHERE t.agency_id = which)
      OR EXISTS (SELECT FROM public.victims_series s WHERE s.agency_id = which);
END $$;

-- Kind and country of an agency stay: they decide what its name gives away. It is switched off when it owns nothing, and
-- nobody switches the own one off.
CREATE FUNCTION access.agency_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF access.person() IS NULL THEN RETURN NEW; END IF;
  IF (NEW.id, NEW.kind, NEW.country) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.country) THEN
    RAISE EXCEPTION 'kind and country of an agency stay' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.is_active AND NOT NEW.is_active THEN
    PERFORM access.take_turn(NEW.id);
    IF NEW.id = access.agency() OR access.owns_anything(NEW.id) THEN
      RAISE EXCEPTION 'an agency that owns files stays switched on' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- Whoever works for an agency that is switched off is signed out, and stays so when it is switched on again. What it was given
-- rests meanwhile, and what others have from it.
CREATE FUNCTION access.agency_switched() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT NEW.is_active THEN
    UPDATE public.access_identitytoken t SET until = public.app_now(), latest = public.app_now()
      FROM public.accounts_person p
     WHERE p.id = t.person_id AND p.agency_id = NEW.id AND (t.until > public.app_now() OR t.kind = 'job');
  END IF;
  PERFORM access.project_agency(NEW.id);
  RETURN NULL;
END $$;

-- That mail was tested, or that a copy of the keys lies apart, is said in one's own name and now.
CREATE FUNCTION access.network_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  me uuid := access.person();
  said boolean;
BEGIN
  IF me IS NULL THEN RETURN NEW; END IF;
  said := CASE WHEN TG_OP = 'INSERT' THEN NEW.mail_tested IS NOT NULL
          ELSE (NEW.mail_tested, NEW.mail_tested_by_id) IS DISTINCT FROM (OLD.mail_tested, OLD.mail_tested_by_id) END;
  IF said AND NEW.mail_tested IS NOT NULL AND (NEW.mail_tested, NEW.mail_tested_by_id) IS DISTINCT FROM (public.app_now(), me) THEN
    RAISE EXCEPTION 'mail is tested in one''s own name and now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  said := CASE WHEN TG_OP = 'INSERT' THEN NEW.key_copied <> '' ELSE (NEW.key_copied, NEW.key_copied_on, NEW.key_copied_by_id)
          IS DISTINCT FROM (OLD.key_copied, OLD.key_copied_on, OLD.key_copied_by_id) END;
  IF said AND (NEW.key_copied_on, NEW.key_copied_by_id) IS DISTINCT FROM (public.app_now(), me) THEN
    RAISE EXCEPTION 'a copy of the keys is confirmed in one''s own name and now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
