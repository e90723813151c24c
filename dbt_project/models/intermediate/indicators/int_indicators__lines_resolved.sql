-- Lines change hands: each version of a line belongs to the account it named then.
with

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

line_systems as (

    select
        line_id,
        min(system_name) = max(system_name) as is_only_system

    from subscriptions

    group by line_id

),

-- A closing may be learnt after its month is over, or be taken back: the last version
-- tells it. A number given out again has another opening date, and another end.
lives as (

    select
        system_name,
        line_id,
        account_id,
        opened_date,
        known_from_date,
        known_to_date,
        next_known_from_date,
        first_value(closed_date) over (
            partition by system_name, line_id, opened_date
            order by known_from_date desc, _first_load_id desc
        ) as closed_date

    from subscriptions

),

resolved as (

    select
        subscriptions.system_name,
        subscriptions.line_id,
        line_systems.is_only_system,
        -- An individual's line is no group's revenue, a line of an account that has
        -- not come yet is the revenue of someone unidentified.
        subscriptions.account_id is null as is_individual,
        case
            when subscriptions.account_id is not null
                then coalesce(records.group_account_id, 'unidentified-unknown')
        end as group_account_id,
        date_trunc('month', subscriptions.opened_date)::date as opened_month,
        date_trunc('month', subscriptions.closed_date)::date as closed_month,
        -- A month reads the version in force at its end, so whole months tell it.
        date_trunc('month', subscriptions.known_from_date)::date as in_force_from_month,
        date_trunc('month', subscriptions.next_known_from_date)::date
            as in_force_to_month,
        date_trunc('month', subscriptions.known_to_date)::date as listed_to_month,
        -- First and last month at whose start the line is a member.
        greatest(
            date_trunc('month', subscriptions.opened_date) + interval '1 month',
            date_trunc('month', subscriptions.known_from_date)
        )::date as member_from_month,
        least(
            date_trunc('month', subscriptions.closed_date),
            date_trunc('month', subscriptions.known_to_date - 1),
            date_trunc('month', subscriptions.next_known_from_date) - interval '1 month'
        )::date as member_to_month

    from lives as subscriptions

    inner join line_systems
        on subscriptions.line_id = line_systems.line_id

    left join records
        on {{ refers_to('subscriptions', 'records', 'account_id') }}

),

final as (

    select
        system_name,
        line_id,
        is_only_system,
        is_individual,
        group_account_id,
        opened_month,
        closed_month,
        in_force_from_month,
        in_force_to_month,
        listed_to_month,
        member_from_month,
        member_to_month

    from resolved

    -- A version that no month's end saw is nobody's.
    where in_force_from_month < in_force_to_month

)

select * from final
