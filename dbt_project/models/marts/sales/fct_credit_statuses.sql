-- Without figures and without a grade nothing is known; with one of them and no
-- condition met the status is good.
with

metrics as (

    select * from {{ ref('int_sales__credit_metrics_measured') }}

),

met as (

    select * from {{ ref('int_sales__credit_conditions_met') }}

),

credit_rules as (

    select * from {{ ref('credit_rules') }}

),

final as (

    select
        metrics.month,
        metrics.group_account_id,
        metrics.manager_id,
        credit_rules.version as credit_rule_version,
        case
            when met.credit_status is not null then met.credit_status
            when
                coalesce(
                    metrics.average_arrears_rate_pct, metrics.collection_cycle_days
                ) is not null
                or metrics.credit_grade is not null
                then 'good'
            else 'unknown'
        end as credit_status,
        metrics.credit_grade,
        metrics.average_arrears_amount,
        metrics.average_arrears_rate_pct,
        metrics.overdue_share_pct,
        metrics.collection_cycle_days,
        coalesce(met.evidence, '[]') as evidence

    from metrics

    inner join credit_rules
        on {{ is_rule_in_force('credit_rules', 'metrics.month') }}

    left join met
        on
            metrics.month = met.month
            and metrics.group_account_id = met.group_account_id

)

select * from final
