-- An account that never had a V-net is absent; one that has none now counts zero.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

memberships as (

    select * from {{ ref('stg_billing__vnet_memberships') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

monthly_memberships as (

    select
        months.month,
        records.group_account_id,
        memberships.system_name,
        memberships.line_id,
        memberships.joined_date <= months.month_end_date
        and coalesce(memberships.left_date > months.month_end_date, true)
        and memberships.known_to_date > months.month_end_date as is_member

    from months

    inner join memberships
        on
            months.month_end_date >= memberships.known_from_date
            and months.month_end_date < memberships.next_known_from_date

    inner join records
        on {{ refers_to('memberships', 'records', 'account_id') }}

),

-- A line may stand in the V-nets of two records of one account.
lines as (

    select
        month,
        group_account_id,
        system_name,
        line_id,
        bool_or(is_member) as is_member

    from monthly_memberships

    group by month, group_account_id, system_name, line_id

),

final as (

    select
        month,
        group_account_id,
        count(*) filter (where is_member) as vnet_users

    from lines

    group by month, group_account_id

)

select * from final
