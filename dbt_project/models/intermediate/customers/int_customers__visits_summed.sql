-- One row per reported month and account that was visited by the month's end.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

visits as (

    select * from {{ ref('stg_crm__visits') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

-- Visits are counted before months multiply them.
visits_of_months as (

    select
        coalesce(records.group_account_id, 'unidentified-unknown')
            as group_account_id,
        visits.visit_month,
        count(*) as visits,
        max(visits.visited_date) as last_visited_date,
        (array_agg(
            visits.next_step order by visits.visited_date desc, visits.visit_id desc
        ))[1] as next_step

    from visits

    left join records
        on {{ refers_to('visits', 'records', 'account_id') }}

    group by
        coalesce(records.group_account_id, 'unidentified-unknown'),
        visits.visit_month

),

final as (

    select
        months.month,
        visits_of_months.group_account_id,
        coalesce(
            sum(visits_of_months.visits) filter (
                where months.month = visits_of_months.visit_month
            ),
            0
        )::integer as visits,
        max(visits_of_months.last_visited_date) as last_visited_date,
        (array_agg(
            visits_of_months.next_step order by visits_of_months.visit_month desc
        ))[1] as next_step

    from months

    inner join visits_of_months
        on months.month >= visits_of_months.visit_month

    group by months.month, visits_of_months.group_account_id

)

select * from final
