-- What lead rules ask about the funnel: is the top of the branch's thin, and has the
-- account anything in it?
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

funnel as (

    select * from {{ ref('int_sales__funnel_weighted') }}

),

stages as (

    select * from {{ ref('int_sales__funnel_judged') }}

),

alarms as (

    select
        month,
        branch_id,
        bool_or(is_thin_top)::integer as is_top_thin

    from stages

    group by month, branch_id

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        coalesce(funnel.open_opportunities, 0) as open_opportunities,
        coalesce(alarms.is_top_thin, 0) as is_top_thin

    from accounts

    left join funnel
        on
            accounts.month = funnel.month
            and accounts.group_account_id = funnel.group_account_id

    left join alarms
        on
            accounts.month = alarms.month
            and accounts.branch_id = alarms.branch_id

)

select * from final
