-- One's own sessions: where one is signed in, and ending that. Tokens are read by definer functions alone.

-- Notes from where the session in use was opened.
CREATE FUNCTION access.describe_session(place varchar, browser varchar) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.access_identitytoken SET address = left(place, 45), agent = left(browser, 200)
   WHERE digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8')) AND until > public.app_now();
END $$;

-- The live sessions of whoever asks, newest first. The end of one moves with its use, so it tells when that was, to a minute.
CREATE FUNCTION access.my_sessions()
RETURNS TABLE (id uuid, made timestamptz, used timestamptz, address varchar, agent varchar, is_this boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT t.id, t.made, t.until - t.idle, t.address, t.agent,
      t.digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8'))
    FROM public.access_identitytoken t
   WHERE t.person_id = access.holder() AND t.kind = 'session' AND t.until > public.app_now()
   ORDER BY t.made DESC, t.id DESC;
END $$;

-- Ends one of one's own sessions, or all but the one in use; returns which.
CREATE FUNCTION access.end_sessions(which uuid) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY UPDATE public.access_identitytoken t SET until = public.app_now(), latest = public.app_now()
   WHERE t.person_id = access.holder() AND t.kind = 'session' AND t.until > public.app_now()
     AND t.digest <> sha256(convert_to(current_setting('safe.session', true), 'UTF8'))
     AND (which IS NULL OR t.id = which)
  RETURNING t.id;
END $$;
