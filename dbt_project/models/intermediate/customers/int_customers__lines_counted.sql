-- One row per reported month and account with lines that are in service, and listed, at
-- the month's end; the lines of individuals stand under their own name, those of an
-- account that the month doesn't know yet with what can't be identified.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

-- Lines that live through the same months are counted before months multiply them.
spans as (

    select
        case
            when is_individual then 'individuals' else group_account_id
        end as group_account_id,
        greatest(opened_month, in_force_from_month) as from_month,
        least(coalesce(closed_month, 'infinity'), in_force_to_month, listed_to_month)
            as to_month,
        count(*) as lines

    from lines

    group by
        case when is_individual then 'individuals' else group_account_id end,
        greatest(opened_month, in_force_from_month),
        least(coalesce(closed_month, 'infinity'), in_force_to_month, listed_to_month)

),

lived as (

    select
        months.month,
        spans.group_account_id,
        spans.lines

    from months

    inner join spans
        on
            months.month >= spans.from_month
            and months.month < spans.to_month

),

final as (

    select
        lived.month,
        case
            when lived.group_account_id = 'individuals' then 'individuals'
            else coalesce(accounts.group_account_id, 'unidentified-unknown')
        end as group_account_id,
        sum(lived.lines)::bigint as lines

    from lived

    left join accounts
        on
            lived.month = accounts.month
            and lived.group_account_id = accounts.group_account_id

    group by
        lived.month,
        case
            when lived.group_account_id = 'individuals' then 'individuals'
            else coalesce(accounts.group_account_id, 'unidentified-unknown')
        end

)

select * from final
