-- What the source systems hold of the accounts at the month's end, counted in what
-- landed: a pack that holds less has lost something.
with

record_versions as ({versions}),

records as (

    select keyed.*

    from ({keyed_records}) as keyed

    inner join unnest(%(records)s::text[], %(systems)s::text[])
        as given (account_id_crm, system_name)
        on
            keyed.account_id_crm = given.account_id_crm
            and keyed.system_name = given.system_name

),

-- The ledger as it stood at the month's end, else its first version after that.
leased_lines as (

    select distinct on (circuits._system, circuits.circuit_id)
        circuits._system,
        circuits.account_id,
        circuits.circuit_id,
        circuits.installed_date,
        circuits.removed_date,
        circuits._last_load_id,
        circuits._last_as_of

    from raw.ledger__leased_lines as circuits

    where circuits._first_load_id <= %(known_load)s

    order by
        circuits._system asc,
        circuits.circuit_id asc,
        circuits._first_as_of > %(month_end)s asc,
        abs(circuits._first_as_of - %(month_end)s::date) asc,
        circuits._first_load_id desc

),

held as (

    select
        'tasks' as part,
        tasks._system,
        tasks.account_id,
        tasks.task_id as row_id

    from raw.crm__tasks as tasks

    where
        tasks.opened_date <= %(month_end)s
        and coalesce(tasks.closed_date > %(month_end)s, true)
        and tasks._first_load_id <= %(known_load)s
        and coalesce(tasks._last_load_id > %(known_load)s, true)

    union all

    select
        'contacts',
        contacts._system,
        contacts.account_id,
        contacts.contact_id

    from raw.crm__contacts as contacts

    where
        contacts._first_load_id <= %(known_load)s
        and coalesce(contacts._last_load_id > %(known_load)s, true)

    union all

    select
        'key_persons',
        persons._system,
        persons.account_id,
        persons.person_id

    from raw.crm__key_persons as persons

    where
        persons.recorded_date <= %(month_end)s
        and coalesce(persons.left_date > %(month_end)s, true)
        and persons._first_load_id <= %(known_load)s
        and coalesce(persons._last_load_id > %(known_load)s, true)

    union all

    select
        'visits',
        visits._system,
        visits.account_id,
        visits.visit_id

    from raw.crm__visits as visits

    where
        visits.visit_month <= %(month)s
        and visits.visit_month
        > %(month)s - make_interval(months => %(visit_history_months)s)
        and visits._first_load_id <= %(known_load)s
        and coalesce(visits._last_load_id > %(known_load)s, true)

    union all

    select
        'feedback',
        feedback._system,
        feedback.account_id,
        feedback.feedback_id

    from raw.crm__feedback as feedback

    where
        feedback.feedback_month <= %(month)s
        and coalesce(feedback.resolved_date > %(month_end)s, true)
        and feedback._first_load_id <= %(known_load)s
        and coalesce(feedback._last_load_id > %(known_load)s, true)

    union all

    select
        'needs',
        needs._system,
        needs.account_id,
        needs.need_id

    from raw.crm__account_needs as needs

    where
        needs.recorded_date <= %(month_end)s
        and coalesce(needs.closed_date > %(month_end)s, true)
        and needs._first_load_id <= %(known_load)s
        and coalesce(needs._last_load_id > %(known_load)s, true)

    union all

    select
        'plans',
        plans._system,
        plans.account_id,
        plans.plan_id

    from raw.crm__customer_plans as plans

    where
        plans.recorded_date <= %(month_end)s
        and coalesce(plans.closed_date > %(month_end)s, true)
        and plans._first_load_id <= %(known_load)s
        and coalesce(plans._last_load_id > %(known_load)s, true)

    union all

    select
        'solutions',
        uses._system,
        uses.account_id,
        uses.solution_id

    from raw.crm__solution_uses as uses

    where
        uses.used_date <= %(month_end)s
        and uses._first_load_id <= %(known_load)s
        and coalesce(uses._last_load_id > %(known_load)s, true)

    union all

    select
        'leased_lines',
        leased_lines._system,
        leased_lines.account_id,
        leased_lines.circuit_id

    from leased_lines

    where
        leased_lines.installed_date <= %(month_end)s
        and coalesce(leased_lines.removed_date > %(month_end)s, true)
        and coalesce(
            leased_lines._last_as_of > %(month_end)s
            or leased_lines._last_load_id > %(known_load)s,
            true
        )

    union all

    select
        'agreements',
        agreements._system,
        agreements.account_id,
        agreements.agreement_id

    from raw.crm__agreements as agreements

    where
        agreements._first_load_id <= %(known_load)s
        and coalesce(agreements._last_load_id > %(known_load)s, true)
        and exists (
            select from marts.fct_agreement_months as months
            where
                months.agreement_id = agreements.agreement_id
                and months.ends_date > %(month_end)s
                and months.signed_date <= %(month_end)s
        )

),

-- Several records are one prospect; the latest that names a manager says whose it is.
-- One that no mart knows counts for itself.
prospects as (

    select
        coalesce(
            bridge.group_account_id,
            landed._system || chr(31) || landed.prospect_id
        ) as group_account_id,
        bool_or(coalesce(landed.closed_date > %(month_end)s, true)) as is_open,
        (
            array_agg(
                landed.manager_id
                order by landed.created_date desc, bridge.source_record_id asc
            ) filter (where landed.manager_id is not null)
        )[1] as manager_id

    from raw.crm__prospects as landed

    left join marts.bridge_prospect_records as bridge
        on
            bridge.month = %(month)s
            and landed._system = bridge.system_name
            and landed.prospect_id = bridge.prospect_id

    where
        landed.created_date <= %(month_end)s
        and landed._first_load_id <= %(known_load)s
        and coalesce(landed._last_load_id > %(known_load)s, true)

    group by 1

)

select
    held.part,
    count(*) as row_count

from held

inner join records
    on {refers_to}

group by held.part

union all

-- Whoever holds the account that a record has become part of.
select
    'records',
    count(*)

from record_versions as versions

where versions.manager_id = %(manager)s

union all

select
    'prospects',
    count(*)

from prospects

left join marts.dim_prospects as known
    on
        known.month = %(month)s
        and prospects.group_account_id = known.group_account_id

where
    prospects.manager_id = %(manager)s
    and prospects.is_open
    -- Who has become a customer is among the accounts.
    and known.converted_group_account_id is null
