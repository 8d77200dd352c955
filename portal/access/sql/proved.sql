-- Erasures that nobody decided through the application: beside the event of an erasure stands its approval, at the same moment,
-- by the person whom the record names, and before it the proposal by another one, of the same parts, each with a MAC that the
-- database cannot make; or, after a restore, the word of whoever runs the portal (docs/decisions/0051).
CREATE FUNCTION access.unproved_erasures(wanted uuid) RETURNS TABLE (file uuid, erasure uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY WITH told AS MATERIALIZED (SELECT t.* FROM audit.told_of_erasures() t WHERE wanted IS NULL OR t.file = wanted)
  SELECT t.file, t.erasure FROM told t WHERE t.kind = 'erasure' AND t.action = 'D'
    AND NOT EXISTS (SELECT FROM told a WHERE a.kind = 'erase again' AND a.is_marked AND a.person IS NULL
      AND (a.file, a.erasure, a.recorded) = (t.file, t.erasure, t.recorded))
    AND NOT EXISTS (SELECT FROM public.access_erasure e
      JOIN told a ON a.kind = 'approve erasure' AND a.is_marked AND a.person = e.approved_by_id
       AND (a.file, a.erasure, a.recorded) = (t.file, t.erasure, t.recorded) AND a.details -> 'parts' = to_jsonb(e.sections)
      JOIN told p ON p.kind = 'propose erasure' AND p.action = 'C' AND p.is_marked AND p.person = e.asked_by_id AND p.person <> a.person
       AND (p.file, p.erasure) = (t.file, t.erasure) AND p.details -> 'parts' = to_jsonb(e.sections)
     WHERE e.id = t.erasure);
END $$;
