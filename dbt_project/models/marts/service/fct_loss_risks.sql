with

risks as (

    select * from {{ ref('int_service__losses_judged') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_averaged') }}

),

classes as (

    select * from {{ ref('loss_classes') }}

),

-- The class with the highest bound that the likelihood reaches.
classed as (

    select
        risks.*,
        classes.likelihood_class,
        row_number() over (
            partition by risks.month, risks.group_account_id
            order by classes.likelihood_from_pct desc
        ) as row_number

    from risks

    inner join classes
        on
            risks.loss_rule_id = classes.loss_rule_id
            and risks.loss_rule_version = classes.version
            and risks.likelihood_pct >= classes.likelihood_from_pct

),

final as (

    select
        classed.month,
        classed.group_account_id,
        accounts.manager_id,
        classed.loss_rule_version,
        classed.likelihood_pct,
        classed.likelihood_class,
        classed.known_metrics,
        classed.evidence,
        round(revenues.average_amount, 2) as revenue_amount,
        round(revenues.average_amount * classed.likelihood_pct / 100, 2)
            as amount_at_risk

    from classed

    inner join accounts
        on
            classed.month = accounts.month
            and classed.group_account_id = accounts.group_account_id

    inner join revenues
        on
            classed.month = revenues.month
            and classed.group_account_id = revenues.group_account_id

    where classed.row_number = 1

)

select * from final
