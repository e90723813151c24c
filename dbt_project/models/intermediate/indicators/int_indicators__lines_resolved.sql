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

final as (

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
        subscriptions.opened_date,
        subscriptions.closed_date,
        subscriptions.known_from_date,
        subscriptions.known_to_date,
        subscriptions.next_known_from_date,
        -- A month reads the version in force at its end, so whole months tell it.
        date_trunc('month', subscriptions.known_from_date)::date as in_force_from_month,
        date_trunc('month', subscriptions.next_known_from_date)::date
            as in_force_to_month

    from subscriptions

    inner join line_systems
        on subscriptions.line_id = line_systems.line_id

    left join records
        on {{ refers_to('subscriptions', 'records', 'account_id') }}

)

select * from final
