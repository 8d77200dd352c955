-- The outbox. The application reads the jobs of whoever acts and writes none: these functions do. Those of the relay and the
-- worker, which act before it is known for whom, want the key that no injected query has.

-- Writes a job, with the token under which it will run: of the person who acts, or of one who asks for a new password.
CREATE FUNCTION access.open_job(proof text, which uuid, what varchar, about uuid, whose uuid, secret_digest bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.open_token(proof, which, whose, secret_digest, 'job', interval '168 hours', interval '168 hours');
  INSERT INTO public.casework_job (id, kind, subject_id, person_id, made, due, state, tries, problem)
  VALUES (which, what, about, whose, public.app_now(), public.app_now(), 'waiting', 0, '');
  RETURN public.app_now();
END $$;

-- The jobs to publish: due, and not published in the last five minutes. They stay locked until the relay's transaction ends.
CREATE FUNCTION access.jobs_to_publish(proof text, most integer) RETURNS TABLE (id uuid, kind varchar)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  RETURN QUERY SELECT j.id, j.kind FROM public.casework_job j
    WHERE j.state IN ('waiting', 'running') AND j.due <= public.app_now()
      AND (j.published IS NULL OR j.published < public.app_now() - interval '5 minutes')
    ORDER BY j.due LIMIT most FOR UPDATE SKIP LOCKED;
END $$;

CREATE FUNCTION access.note_published(proof text, jobs uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  UPDATE public.casework_job SET published = public.app_now() WHERE id = ANY (jobs);
END $$;

-- Counts a try before it begins, so that one that ends with its process counts too, and gives up after the last one. Found
-- running, though nobody holds it: the process of the last try is gone. No row: there is nothing to do. The token lasts anew from
-- each try on, however long the job waited; one that somebody ended stays so.
CREATE FUNCTION access.begin_job(proof text, which uuid, most integer)
RETURNS TABLE (kind varchar, subject_id uuid, person_id uuid, made timestamptz, state varchar, tries smallint, was_cut boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  job public.casework_job;
  cut boolean;
  over boolean;
BEGIN
  PERFORM access.demand_key(proof);
  SELECT * INTO job FROM public.casework_job j WHERE j.id = which AND j.state IN ('waiting', 'running') FOR UPDATE;
  IF job.id IS NULL THEN RETURN; END IF;
  cut := job.state = 'running';
  over := job.tries >= most;
  UPDATE public.access_identitytoken t SET made = public.app_now(), proved = public.app_now() - (t.made - t.proved),
      until = public.app_now() + interval '168 hours', latest = public.app_now() + interval '168 hours'
    WHERE t.id = which AND t.kind = 'job' AND t.until = t.made + interval '168 hours';
  RETURN QUERY UPDATE public.casework_job j SET state = CASE WHEN over THEN 'failed' ELSE 'running' END,
      tries = j.tries + CASE WHEN over THEN 0 ELSE 1 END, problem = CASE WHEN cut THEN 'cut short' ELSE j.problem END
    WHERE j.id = which RETURNING j.kind, j.subject_id, j.person_id, j.made, j.state, j.tries, cut;
END $$;

-- Puts a job off, or gives it up; one that was cancelled meanwhile stays so. Of what went wrong the kind is kept, never its words.
CREATE FUNCTION access.put_off_job(proof text, which uuid, what text, seconds integer, is_over boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  UPDATE public.casework_job SET problem = left(what, 100), state = CASE WHEN is_over THEN 'failed' ELSE 'waiting' END,
    due = public.app_now() + make_interval(secs => seconds), published = NULL WHERE id = which AND state = 'running';
END $$;

-- Marks the job under whose token this transaction runs as done. False: it was cancelled, and its effect must not stay.
CREATE FUNCTION access.finish_job() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  mine uuid := (SELECT t.id FROM public.access_identitytoken t WHERE t.kind = 'job' AND t.until > public.app_now()
    AND t.digest = sha256(convert_to(current_setting('safe.session', true), 'UTF8')));
BEGIN
  UPDATE public.casework_job SET state = 'done' WHERE id = mine AND state = 'running';
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO public.casework_processed (job_id, at) VALUES (mine, public.app_now());
  RETURN true;
END $$;

-- Cancels a job of one's own that is not done yet; the worker looks whether one that it is at was cancelled. The mail that tells
-- somebody of a new second factor is not for whoever gave that to stop.
CREATE FUNCTION access.cancel_job(which uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.casework_job SET state = 'cancelled' WHERE id = which AND person_id = access.person()
    AND state IN ('waiting', 'running') AND kind <> 'factors_reset';
  RETURN FOUND;
END $$;

-- Has a job of one's own that was given up or cancelled tried again, under a token as good as a new one.
CREATE FUNCTION access.retry_job(which uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.casework_job SET state = 'waiting', tries = 0, problem = '', due = public.app_now(), published = NULL
   WHERE id = which AND person_id = access.person() AND state IN ('failed', 'cancelled');
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE public.access_identitytoken SET until = public.app_now() + interval '168 hours', latest = public.app_now() + interval '168 hours',
    made = public.app_now(), proved = public.app_now() - coalesce(access.code_age(), access.fresh_for())
   WHERE id = which AND kind = 'job';
  RETURN true;
END $$;

-- How many jobs of each kind there are, and since when the oldest waits that could run: for the operator, and of whom they are is
-- not said.
CREATE FUNCTION access.job_figures()
RETURNS TABLE (kind varchar, waiting bigint, running bigint, given_up bigint, done_today bigint, oldest timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{operator}') THEN RETURN; END IF;
  RETURN QUERY SELECT j.kind, count(*) FILTER (WHERE j.state = 'waiting'), count(*) FILTER (WHERE j.state = 'running'),
      count(*) FILTER (WHERE j.state = 'failed'),
      (SELECT count(*) FROM public.casework_processed d JOIN public.casework_job k ON k.id = d.job_id
        WHERE k.kind = j.kind AND d.at > public.app_now() - interval '24 hours'),
      min(j.due) FILTER (WHERE j.state = 'waiting' AND j.due <= public.app_now())
    FROM public.casework_job j WHERE j.state IN ('waiting', 'running', 'failed') OR j.made > public.app_now() - interval '8 days'
    GROUP BY j.kind ORDER BY j.kind;
END $$;

-- The jobs that were given up, newest first, for the operator: kind, time and what went wrong.
CREATE FUNCTION access.jobs_given_up(before uuid, most integer)
RETURNS TABLE (id uuid, kind varchar, made timestamptz, tries smallint, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT access.has_role('{operator}') THEN RETURN; END IF;
  RETURN QUERY SELECT j.id, j.kind, j.made, j.tries, j.problem FROM public.casework_job j
    WHERE j.state = 'failed' AND (before IS NULL OR j.id < before) ORDER BY j.id DESC LIMIT most;
END $$;

-- How the last job about something stands: whether a file that was sent is still needed.
CREATE FUNCTION access.last_job_state(proof text, what varchar, about uuid) RETURNS varchar
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM access.demand_key(proof);
  RETURN (SELECT j.state FROM public.casework_job j WHERE j.kind = what AND j.subject_id = about ORDER BY j.id DESC LIMIT 1);
END $$;

-- Which copy the job in hand makes: of how many jobs of its kind about the same, by whomever, it is the last.
CREATE FUNCTION access.copy_number(which uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT count(*) FROM public.casework_job j JOIN public.casework_job o ON o.kind = j.kind AND o.subject_id = j.subject_id
      AND o.made <= j.made WHERE j.id = which AND j.person_id = access.person());
END $$;
