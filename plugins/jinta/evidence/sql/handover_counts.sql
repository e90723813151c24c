-- What the source systems hold of the accounts at the month's end, counted in what
-- landed: a pack that holds less has lost something.
with

records as (

    select *
    from unnest(%(records)s::text[], %(systems)s::text[])
        as records (account_id, system_name)

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
        and needs._first_load_id <= %(known_load)s
        and coalesce(needs._last_load_id > %(known_load)s, true)

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
    on
        held.account_id = records.account_id
        and held._system = records.system_name

group by held.part

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
