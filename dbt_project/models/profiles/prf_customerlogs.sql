-- Visits and feedback of the marts against those that landed.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

landed_visits as (

    select * from {{ ref('stg_crm__visits') }}

),

landed_feedback as (

    select * from {{ ref('stg_crm__feedback') }}

),

visits as (

    select * from {{ ref('fct_visits') }}

),

feedback as (

    select * from {{ ref('fct_feedback') }}

),

counted as (

    select
        visit_month as month,
        'visits' as log_name,
        1 as landed_rows,
        0 as listed_rows,
        0 as unidentified_rows

    from landed_visits

    union all

    select
        feedback_month as month,
        'feedback' as log_name,
        1 as landed_rows,
        0 as listed_rows,
        0 as unidentified_rows

    from landed_feedback

    union all

    select
        month,
        'visits' as log_name,
        0 as landed_rows,
        1 as listed_rows,
        (group_account_id like 'unidentified-%')::integer as unidentified_rows

    from visits

    union all

    select
        month,
        'feedback' as log_name,
        0 as landed_rows,
        1 as listed_rows,
        (group_account_id like 'unidentified-%')::integer as unidentified_rows

    from feedback

),

summed as (

    select
        counted.month,
        counted.log_name,
        sum(counted.landed_rows) as landed_rows,
        sum(counted.listed_rows) as listed_rows,
        sum(counted.unidentified_rows) as unidentified_rows

    from counted

    inner join months
        on counted.month = months.month

    group by counted.month, counted.log_name

),

final as (

    select
        summed.month,
        '' as system_name,
        summed.log_name as subject,
        metrics.metric,
        metrics.value

    from summed

    cross join
        lateral (
            values
            ('landed_rows', summed.landed_rows::numeric),
            ('lost_rows', (summed.landed_rows - summed.listed_rows)::numeric),
            (
                'unidentified_pct',
                round(
                    100.0 * summed.unidentified_rows / nullif(summed.landed_rows, 0),
                    4
                )
            )
        ) as metrics (metric, value)

    where metrics.value is not null

)

select * from final
