-- Whose a fact of an account is in a month: an account that does not exist yet at the
-- month's end is unidentified in its branch, so that no amount is lost.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

branches as (

    select distinct
        group_account_id,
        branch_id

    from records

),

final as (

    select
        months.month,
        branches.group_account_id as group_account_id_named,
        coalesce(
            accounts.group_account_id,
            'unidentified-' || branches.branch_id,
            'unidentified-unknown'
        ) as group_account_id,
        coalesce(accounts.branch_id, branches.branch_id) as branch_id,
        accounts.manager_id

    from months

    cross join branches

    left join accounts
        on
            months.month = accounts.month
            and branches.group_account_id = accounts.group_account_id

    union all

    select
        months.month,
        'unidentified-unknown' as group_account_id_named,
        'unidentified-unknown' as group_account_id,
        null as branch_id,
        null as manager_id

    from months

)

select * from final
