-- The warehouse's own state: runs, lease, load ledger, human decisions, gates, publications.
-- Every statement can be run again; `jinta.warehouse.migrate` runs the file when it changed.

create table if not exists control.ddl_versions (
    ddl_hash text primary key,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table control.ddl_versions is
'One row per version of the DDL that was run: the last one is in force.';

create table if not exists control.runs (
    run_id text primary key,
    dag_run_id text,
    kind text not null,
    as_of_date date,
    sources_path text not null,
    requested jsonb not null,
    status text not null,
    error text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    publication_id bigint
);
-- empty: there was no month to build.
alter table control.runs drop constraint if exists runs_status_check;
alter table control.runs add constraint runs_status_check
check (status in ('running', 'published', 'failed', 'empty'));
comment on table control.runs is
'One row per run of the warehouse build: what was asked for and how it ended.';

create table if not exists control.run_months (
    month date primary key check (extract(day from month) = 1),
    as_of_date date not null,
    run_id text not null
);
alter table control.run_months
add column if not exists known_load_id bigint not null default 9223372036854775807,
add column if not exists known_at timestamptz not null default 'infinity',
add column if not exists held_reason text;
comment on table control.run_months is
'One row per month of the run under way: what it builds and as of when. Only dbt''s
staging models read it: loads and human decisions after the known ones do not exist for
the run. A month with a held_reason failed a gate and is not published.';

create table if not exists control.run_plan (
    run_id text not null references control.runs,
    month date not null check (extract(day from month) = 1),
    chunk integer not null check (chunk > 0),
    primary key (run_id, month)
);
comment on table control.run_plan is
'One row per run and month that it builds, with the chunk the month is built in.';

create table if not exists control.stages (
    run_id text not null references control.runs,
    stage text not null,
    status text not null check (status in ('running', 'done', 'failed')),
    attempts integer not null default 1,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    detail jsonb,
    primary key (run_id, stage)
);
comment on table control.stages is
'One row per stage of a run, so that a killed run is re-entered where it stopped.';

create table if not exists control.leases (
    lease_name text primary key,
    run_id text not null,
    holder text not null,
    acquired_at timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null
);
comment on table control.leases is
'One row per held lease: keeps two runs apart, whoever started them.';

create table if not exists control.loads (
    load_id bigint generated always as identity primary key,
    run_id text not null,
    system_name text not null,
    table_name text not null,
    as_of_date date not null,
    mode text not null,
    scope jsonb not null default '{}',
    mapped_columns text[] not null,
    rows_extracted bigint not null,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_unchanged bigint not null,
    rows_ended bigint not null,
    rows_quarantined bigint not null,
    rows_collapsed bigint not null default 0,
    rows_excluded bigint not null default 0,
    files jsonb not null default '[]',
    watermark jsonb,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    constraint nothing_lost check (
        rows_extracted
        = rows_new + rows_changed + rows_unchanged + rows_quarantined + rows_collapsed
        + rows_excluded
    )
);
alter table control.loads add column if not exists touched_from date;
alter table control.loads drop constraint if exists loads_mode_check;
alter table control.loads add constraint loads_mode_check
check (mode in ('snapshot', 'month', 'watermark', 'files', 'replay'));
comment on table control.loads is
'One row per landed load of a contract table from a source system. touched_from is the
first month that its changes can change where they have no month of their own.';
create index if not exists loads_run on control.loads (run_id, system_name, table_name);
create index if not exists loads_table on control.loads (table_name, load_id);

create table if not exists control.load_months (
    load_id bigint not null references control.loads,
    table_name text not null,
    month date not null,
    rows_extracted bigint not null,
    source_amount numeric,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_ended bigint not null,
    rows_quarantined bigint not null,
    quarantined_amount numeric,
    primary key (load_id, month)
);
comment on table control.load_months is
'One row per load of a fact table and month: what the source held (rows, sum of the
measure, as counted before the contract was applied) and what landing changed.';
create index if not exists load_months_month on control.load_months (table_name, month);

create table if not exists control.file_decisions (
    decision_id bigint generated always as identity primary key,
    decision_kind text not null check (decision_kind in ('withdraw', 'restore')),
    system_name text not null,
    table_name text not null,
    file_name text not null,
    file_id text not null,
    decided_by text not null check (decided_by <> ''),
    reason text not null check (reason <> ''),
    decided_at timestamptz not null default clock_timestamp()
);
comment on table control.file_decisions is
'One row per decision to take a landed file back or to let it land again; append-only,
the latest one about a file''s content holds.';

create table if not exists control.steward_decisions (
    decision_id bigint generated always as identity primary key,
    decision_kind text not null
    check (decision_kind in ('merge', 'split', 'never_link', 'undo')),
    account_id_left text not null,
    account_id_right text not null,
    decided_by text not null,
    reason text not null check (reason <> ''),
    decided_at timestamptz not null default clock_timestamp(),
    check (account_id_left <> account_id_right)
);
comment on table control.steward_decisions is
'One row per decision of a data steward on two account records; append-only.';

create table if not exists control.tier_overrides (
    override_id bigint generated always as identity primary key,
    account_id text not null,
    scorecard_id text not null,
    tier text,
    valid_from date not null,
    valid_to date not null,
    approver text not null,
    reason text not null check (reason <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    check (valid_from <= valid_to)
);
comment on table control.tier_overrides is
'One row per override of a suggested tier, with reason and expiry; append-only.';

create table if not exists control.lead_updates (
    update_id bigint generated always as identity primary key,
    lead_rule_id text not null,
    account_id text not null,
    lead_status text not null check (
        lead_status in ('open', 'assigned', 'contacted', 'won', 'lost', 'dismissed')
    ),
    outcome text,
    updated_by text not null,
    updated_at timestamptz not null default clock_timestamp()
);
comment on table control.lead_updates is
'One row per step of work on a lead: status, assignment, feedback or case; append-only.';
alter table control.lead_updates
add column if not exists update_kind text not null default 'status' check (
    update_kind in ('status', 'assign', 'feedback', 'case')
),
add column if not exists assigned_to text,
add column if not exists due_date date,
add column if not exists feedback text,
add column if not exists case_title text,
add column if not exists lesson text,
alter column lead_status drop not null;

create or replace function control.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '%.% is append-only: add a row that corrects the earlier one',
        tg_table_schema, tg_table_name;
end
$$;

create or replace trigger append_only before update or delete or truncate
on control.steward_decisions execute function control.refuse_change();
create or replace trigger append_only before update or delete or truncate
on control.tier_overrides execute function control.refuse_change();
create or replace trigger append_only before update or delete or truncate
on control.lead_updates execute function control.refuse_change();
create or replace trigger append_only before update or delete or truncate
on control.file_decisions execute function control.refuse_change();

create table if not exists control.rule_versions (
    rule_set text not null,
    version text not null,
    content_hash text not null,
    rows jsonb not null,
    first_published_at timestamptz not null default clock_timestamp(),
    publication_id bigint not null,
    primary key (rule_set, version)
);
comment on table control.rule_versions is
'One row per published rule version: its rows must never change afterwards.';

create table if not exists control.gate_results (
    run_id text not null,
    gate text not null,
    check_id text not null,
    month date,
    subject text not null default '',
    severity text not null check (severity in ('critical', 'warning')),
    passed boolean not null,
    observed text,
    expected text,
    message text not null,
    checked_at timestamptz not null default clock_timestamp()
);
comment on table control.gate_results is
'One row per check of a gate, month and subject (table, branch or tier).';
create index if not exists gate_results_run on control.gate_results (run_id, gate);

create table if not exists control.publications (
    publication_id bigint generated always as identity primary key,
    run_id text not null,
    kind text not null check (kind in ('publish', 'rollback')),
    as_of_date date not null,
    landed_through_load_id bigint not null,
    published_at timestamptz not null default clock_timestamp(),
    restored_publication_id bigint references control.publications,
    note text
);
alter table control.publications add column if not exists known_at timestamptz;
comment on table control.publications is
'One row per publication: the moment readers began to see new slices.';
create unique index if not exists publications_run
on control.publications (run_id) where kind = 'publish';

create table if not exists control.slices (
    slice_id bigint generated always as identity primary key,
    mart text not null,
    month date,
    content_hash text not null,
    row_count bigint not null,
    rule_versions text[] not null default '{}',
    run_id text not null,
    stored_at timestamptz not null default clock_timestamp()
);
comment on table control.slices is
'One row per stored slice: the rows of one mart and month in archive, never changed.';
create index if not exists slices_content on control.slices (mart, month, content_hash);

create table if not exists control.publication_slices (
    publication_id bigint not null references control.publications,
    mart text not null,
    month date,
    slice_id bigint not null,
    set_by_publication_id bigint not null references control.publications,
    content_hash text not null,
    row_count bigint not null,
    is_stored boolean not null,
    rule_versions text[] not null default '{}',
    unique nulls not distinct (publication_id, mart, month)
);
comment on table control.publication_slices is
'One row per publication, mart and month: the whole of what readers saw from then on,
and which publication put each slice there.';
create index if not exists publication_slices_slice
on control.publication_slices (slice_id);

create table if not exists control.pointers (
    mart text not null,
    month date,
    slice_id bigint not null references control.slices,
    publication_id bigint not null,
    unique nulls not distinct (mart, month)
);
comment on table control.pointers is
'One row per mart and month: the slice that readers see now (design decision 3).';

create table if not exists control.shown_slices (
    mart text not null,
    month date,
    slice_id bigint not null,
    publication_id bigint not null references control.publications,
    shown_from timestamptz not null,
    ended_by_publication_id bigint references control.publications,
    shown_until timestamptz,
    content_hash text not null,
    row_count bigint not null,
    unique nulls not distinct (mart, month, publication_id)
);
comment on table control.shown_slices is
'One row per mart, month and time during which readers saw the same slice: from the
publication that began to show it until the one that ended it. Never pruned.';
create index if not exists shown_slices_slice on control.shown_slices (slice_id);

create table if not exists control.staged_slices (
    run_id text not null references control.runs,
    mart text not null,
    month date,
    slice_id bigint not null references control.slices,
    unique nulls not distinct (run_id, mart, month)
);
comment on table control.staged_slices is
'One row per run, mart and month that is stored and will be shown with the rest of the
run: nobody sees it yet.';
create index if not exists staged_slices_slice on control.staged_slices (slice_id);

create table if not exists control.staged_metrics (
    run_id text not null references control.runs,
    month date not null,
    subject text not null,
    metric text not null,
    value numeric not null,
    primary key (run_id, month, subject, metric)
);
comment on table control.staged_metrics is
'One row per run, month, subject and metric of what the run has stored so far.';

create table if not exists control.staged_seeds (
    run_id text not null references control.runs,
    month date not null,
    seed_hash text not null,
    primary key (run_id, month)
);
comment on table control.staged_seeds is
'One row per run and month whose month before is not part of the run: the published tier
latches of that month when the run began to build from them.';

create table if not exists control.publication_seeds (
    publication_id bigint not null references control.publications,
    month date not null,
    seed_hash text not null,
    primary key (publication_id, month)
);
comment on table control.publication_seeds is
'One row per publication and month it set: the content of the tier latches of the month
before that the month was computed from.';

create table if not exists control.stale_marks (
    mark_id bigint generated always as identity primary key,
    month date not null,
    reason text not null,
    publication_id bigint not null references control.publications,
    marked_at timestamptz not null default clock_timestamp()
);
comment on table control.stale_marks is
'One row per publication and month that it leaves stale, with the reason. Each
publication judges all months anew: the marks of the latest one hold.';

create table if not exists archive.fct_tier_latches (
    scorecard_id text,
    month date,
    group_account_id text,
    tier_band text,
    months_outside integer,
    _slice_id bigint not null
);
create unique index if not exists fct_tier_latches_key on archive.fct_tier_latches
(_slice_id, scorecard_id, group_account_id, tier_band);
alter table archive.fct_tier_latches owner to :"publisher";

create table if not exists control.publication_metrics (
    publication_id bigint not null references control.publications,
    month date not null,
    subject text not null,
    metric text not null,
    value numeric not null,
    primary key (publication_id, month, subject, metric)
);
comment on table control.publication_metrics is
'One row per publication, month, subject and metric: sizes that gate candidate judged.';

create or replace view control.published_metrics as
with

staged as (

    select
        staged_metrics.month,
        staged_metrics.subject,
        staged_metrics.metric,
        staged_metrics.value
    from control.staged_metrics
    where staged_metrics.run_id in (select run_months.run_id from control.run_months)

)

select
    metrics.month,
    metrics.subject,
    metrics.metric,
    metrics.value
from control.publication_metrics as metrics
inner join (
    select
        month,
        max(publication_id) as publication_id
    from control.pointers
    group by month
) as shown
    on
        metrics.month = shown.month
        and metrics.publication_id = shown.publication_id
where metrics.month not in (select staged.month from staged)

union all

select
    staged.month,
    staged.subject,
    staged.metric,
    staged.value
from staged;
comment on view control.published_metrics is
'One row per month, subject and metric of what readers see now, or will see with the
chunks that the run under way has stored; the next candidate is compared with it.';

create or replace view control.carried_tier_latches as
with

staged as (

    select
        staged_slices.month,
        staged_slices.slice_id
    from control.staged_slices
    where
        staged_slices.mart = 'fct_tier_latches'
        and staged_slices.run_id in (select run_months.run_id from control.run_months)

),

shown as (

    select
        staged.month,
        staged.slice_id
    from staged

    union all

    select
        pointers.month,
        pointers.slice_id
    from control.pointers
    where
        pointers.mart = 'fct_tier_latches'
        and pointers.month not in (select staged.month from staged)

)

select
    latches.scorecard_id,
    shown.month,
    latches.group_account_id,
    latches.tier_band,
    latches.months_outside
from shown
inner join archive.fct_tier_latches as latches on shown.slice_id = latches._slice_id;
comment on view control.carried_tier_latches is
'One row per scorecard, month, account and tier band held, of what readers see or will
see with the chunks stored so far: where the next month goes on from.';

create table if not exists control.trials (
    trial_id bigint generated always as identity primary key,
    name text not null unique check (name <> ''),
    kind text not null check (kind in ('what_if', 'rules_of', 'robustness')),
    requested_by text not null check (requested_by <> ''),
    recorded_at timestamptz not null default clock_timestamp(),
    request jsonb not null,
    publication_id bigint not null references control.publications,
    result_hash text not null,
    summary jsonb not null
);
comment on table control.trials is
'One row per named trial of rules: what was asked (with the rows tried), the publication
it was compared with and what came out; append-only. A trial is no run, so nothing of it
can be published.';
create or replace trigger append_only before update or delete or truncate
on control.trials execute function control.refuse_change();

create table if not exists control.published_views (
    view_name text primary key,
    definition_hash text not null
);
comment on table control.published_views is
'One row per view in marts with the hash of its definition, so that an unchanged one is
left alone.';

create table if not exists control.pseudonym_salts (
    is_only boolean primary key default true check (is_only),
    salt text not null default gen_random_uuid()::text || gen_random_uuid()::text
);
comment on table control.pseudonym_salts is
'One row: what is mixed into pseudonyms of people, so that nobody can try names out.';
insert into control.pseudonym_salts default values on conflict do nothing;

create or replace function control.mask_person(person text) returns text
language sql stable strict parallel safe security definer set search_path = ''
return (
    select
        'person-'
        || left(
            encode(sha256(convert_to(salts.salt || person, 'UTF8')), 'hex'), 10
        )
    from control.pseudonym_salts as salts
);
comment on function control.mask_person is
'The pseudonym of a person: the same for the same name in this warehouse.';

-- The session's login decides, so that SET ROLE neither opens nor closes anything.
create or replace function control.show_person(person text) returns text
language sql stable strict parallel safe security definer set search_path = ''
return case
    when
        pg_has_role(session_user, to_regrole(':"auditor"')::oid, 'member')
        or pg_has_role(session_user, to_regrole(':"transformer"')::oid, 'member')
        or pg_has_role(session_user, to_regrole(':"publisher"')::oid, 'member')
        then person
    else control.mask_person(person)
end;
comment on function control.show_person is
'The name for the auditor and the working roles, a pseudonym for everybody else.';

create table if not exists control.reader_scopes (
    reader_scope_id bigint generated always as identity primary key,
    reader text not null,
    scope_kind text not null check (scope_kind in ('head_office', 'branch', 'manager')),
    scope_value text,
    granted_by text not null,
    granted_at timestamptz not null default clock_timestamp(),
    revoked_by text,
    revoked_at timestamptz,
    check ((scope_kind = 'head_office') = (scope_value is null)),
    check ((revoked_by is null) = (revoked_at is null))
);
create unique index if not exists reader_scopes_held on control.reader_scopes
(reader, scope_kind, scope_value) nulls not distinct where revoked_at is null;
comment on table control.reader_scopes is
'One row per branch or manager that a reader''s role sees the accounts of, or head office,
which is all; kept when it is revoked. `jinta readers` writes it.';

-- In the text of a view current_user is the role that asks, whoever owns the view.
create or replace view control.held_scopes as
select
    scopes.scope_kind,
    scopes.scope_value
from control.reader_scopes as scopes
where
    scopes.revoked_at is null
    and (
        scopes.reader = current_user
        or pg_has_role(current_user, to_regrole(quote_ident(scopes.reader))::oid, 'usage')
    );
comment on view control.held_scopes is
'One row per scope of the role that asks, its own and those of the roles it belongs to.';

create or replace view control.reader_rights as
select
    pg_has_role(current_user, to_regrole(':"reporter"')::oid, 'usage')
    or pg_has_role(current_user, to_regrole(':"auditor"')::oid, 'usage')
    or pg_has_role(current_user, to_regrole(':"transformer"')::oid, 'usage')
    or pg_has_role(current_user, to_regrole(':"publisher"')::oid, 'usage')
    or pg_has_role(current_user, to_regrole(':"loader"')::oid, 'usage')
    or exists (
        select 1 from control.held_scopes as scopes
        where scopes.scope_kind = 'head_office'
    ) as sees_everything;
comment on view control.reader_rights is
'One row: whether the role that asks sees every row of every mart.';

create table if not exists quarantine.rows (
    quarantine_id bigint generated always as identity primary key,
    load_id bigint,
    run_id text not null,
    system_name text not null,
    table_name text not null,
    month date,
    file_name text,
    file_id text,
    row_number bigint,
    row_key text,
    column_name text,
    reason text not null,
    payload jsonb not null,
    quarantined_at timestamptz not null default clock_timestamp()
);
alter table quarantine.rows
add column if not exists replayed_load_id bigint references control.loads;
comment on table quarantine.rows is
'One row per source row that broke the contract, as it arrived, with reason and place.
replayed_load_id is the load that tried it again; what was still broken then was put
aside anew by that load.';
create index if not exists rows_table on quarantine.rows (table_name, month);
