-- Who may do what. Each role has the least it needs:
--   loader       fills raw and quarantine and keeps the load ledger
--   transformer  builds rules … candidate from raw, control and what is published
--   publisher    copies candidate into archive and points marts at it
--   reporter     reads marts, where the names of staff are pseudonyms
--   auditor      reads marts, raw, rules, quarantine and control, names included
--   readers      a group without a login: its members read the rows of marts that
--                control.reader_scopes gives them, names as the reporter does
-- The owner keeps human decisions; the three working roles keep the run's own state.

revoke create on schema public from public;
revoke all on database :"database" from public;
grant connect, temporary on database :"database"
to :"loader", :"transformer", :"publisher";
grant connect on database :"database" to :"reporter", :"auditor", :"readers";

-- A reader that held an advisory lock of the warehouse's would stop its runs, and large
-- objects would fill its disk. Unlocking stays: pools of connections do it. Only a
-- superuser can take the rest from public.
do $$
declare
    builtin regprocedure;
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        return;
    end if;
    for builtin in
        select oid from pg_proc
        where
            pronamespace = 'pg_catalog'::regnamespace
            and proname ~ '^(pg_(try_)?advisory_(xact_)?lock|lo_|lowrite$|loread$)'
    loop
        execute format('revoke execute on function %s from public', builtin);
        if builtin::text ~ 'advisory' then
            execute format('grant execute on function %s to ', builtin)
                || ':"loader", :"transformer", :"publisher"';
        end if;
    end loop;
end
$$;

grant usage on schema control, quarantine
to :"loader", :"transformer", :"publisher";
grant select on all tables in schema control, quarantine
to :"loader", :"transformer", :"publisher";
grant insert, update on control.runs, control.stages, control.leases
to :"loader", :"transformer", :"publisher";
grant delete on control.leases to :"loader", :"transformer", :"publisher";
grant insert, update, delete on control.run_months, control.run_plan
to :"loader", :"transformer", :"publisher";
grant insert on control.gate_results to :"loader", :"transformer", :"publisher";
grant insert on control.loads, control.load_months, quarantine.rows to :"loader";
grant update (replayed_load_id) on quarantine.rows to :"loader";
-- What is withheld from now on leaves the quarantine, too.
grant update (payload) on quarantine.rows to :"loader";
grant usage on sequence control.loads_load_id_seq to :"loader";
grant delete on control.gate_results to :"publisher";
grant insert on control.publications, control.rule_versions to :"publisher";
grant insert, delete on control.slices, control.publication_slices to :"publisher";
grant insert, delete on control.publication_metrics to :"publisher";
grant insert, delete on control.staged_slices, control.staged_metrics,
control.staged_seeds to :"publisher";
grant delete on control.staged_slices, control.staged_metrics, control.staged_seeds
to :"loader";
grant insert, update on control.shown_slices to :"publisher";
grant insert on control.publication_seeds, control.stale_marks to :"publisher";
grant insert, update, delete on control.pointers, control.published_views
to :"publisher";

grant insert on control.trials to :"transformer";

grant usage on schema raw to :"transformer", :"publisher";
grant select on all tables in schema raw to :"transformer";
alter default privileges for role :"loader" in schema raw
grant select on tables to :"transformer";

grant usage on schema rules, staging, intermediate, profiles, candidate
to :"loader", :"publisher";
grant select on all tables in schema rules, profiles, candidate to :"publisher";
alter default privileges for role :"transformer" in schema rules
grant select on tables to :"publisher";
alter default privileges for role :"transformer" in schema profiles
grant select on tables to :"publisher";
alter default privileges for role :"transformer" in schema candidate
grant select on tables to :"publisher";

-- A rebuild of what was once published goes on from what was shown then. Landing asks
-- which months showed revenue of nobody, and which of them are stale.
grant usage on schema archive to :"loader", :"transformer";
grant select on all tables in schema archive to :"loader", :"transformer";
alter default privileges for role :"publisher" in schema archive
grant select on tables to :"loader", :"transformer";

grant usage on schema marts to :"transformer", :"reporter", :"readers";
grant select on all tables in schema marts to :"transformer", :"reporter", :"readers";
alter default privileges for role :"publisher" in schema marts
grant select on tables to :"transformer", :"reporter", :"readers";

grant usage on schema marts, control, quarantine, rules, raw to :"auditor";
grant select on all tables in schema marts, control, quarantine, rules, raw
to :"auditor";
alter default privileges for role :"publisher" in schema marts
grant select on tables to :"auditor";
alter default privileges for role :"transformer" in schema rules
grant select on tables to :"auditor";
alter default privileges for role :"loader" in schema raw
grant select on tables to :"auditor";

-- Who knows the salt can guess names until a pseudonym fits.
revoke select on control.pseudonym_salts
from :"loader", :"transformer", :"publisher", :"auditor";

-- dbt has no time limits of its own; a session that hangs must not block for ever.
alter role :"loader" set lock_timeout = '30s';
alter role :"loader" set statement_timeout = '4h';
alter role :"loader" set idle_in_transaction_session_timeout = '1h';
alter role :"transformer" set lock_timeout = '30s';
alter role :"transformer" set statement_timeout = '4h';
alter role :"transformer" set idle_in_transaction_session_timeout = '1h';
alter role :"publisher" set lock_timeout = '10s';
alter role :"publisher" set statement_timeout = '4h';
alter role :"publisher" set idle_in_transaction_session_timeout = '10min';
alter role :"reporter" set lock_timeout = '10s';
alter role :"reporter" set statement_timeout = '15min';
alter role :"reporter" set idle_in_transaction_session_timeout = '15min';
alter role :"reporter" set default_transaction_read_only = on;
alter role :"reporter" set search_path = marts;
alter role :"auditor" set lock_timeout = '10s';
alter role :"auditor" set statement_timeout = '15min';
alter role :"auditor" set idle_in_transaction_session_timeout = '15min';
alter role :"auditor" set default_transaction_read_only = on;
alter role :"loader" set timezone = 'UTC';
alter role :"transformer" set timezone = 'UTC';
alter role :"publisher" set timezone = 'UTC';
