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
    status text not null check (status in ('running', 'published', 'failed')),
    error text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    publication_id bigint
);
comment on table control.runs is
'One row per run of the warehouse build: what was asked for and how it ended.';

create table if not exists control.run_months (
    month date primary key check (extract(day from month) = 1),
    as_of_date date not null,
    run_id text not null
);
comment on table control.run_months is
'One row per month of the run under way; dbt staging models read it.';

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
    mode text not null check (mode in ('snapshot', 'month', 'watermark', 'files')),
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
comment on table control.loads is
'One row per landed load of a contract table from a source system.';
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
'One row per change of a lead''s status; append-only.';

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
        and metrics.publication_id = shown.publication_id;
comment on view control.published_metrics is
'One row per month, subject and metric of what readers see now; the next candidate is
compared with it.';

create table if not exists control.published_views (
    view_name text primary key,
    definition_hash text not null
);
comment on table control.published_views is
'One row per view in marts with the hash of its definition, so that an unchanged one is
left alone.';

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
comment on table quarantine.rows is
'One row per source row that broke the contract, as it arrived, with reason and place.';
create index if not exists rows_table on quarantine.rows (table_name, month);
