-- One row per reported month and account: the segment in whose revenue and people it
-- counts, and whether it is a key account, which a manager must serve.
with

accounts as (

    select * from {{ ref('int_customers__accounts_segmented') }}

),

segment_rules as (

    select * from {{ ref('segment_rules') }}

),

key_accounts as (

    select distinct
        month,
        group_account_id

    from {{ ref('int_customers__key_accounts_owned') }}

    where group_account_id is not null

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        segment_rules.segment_id,
        key_accounts.group_account_id is not null as is_key_account

    from accounts

    inner join segment_rules
        on
            accounts.customer_kind = segment_rules.customer_kind
            and {{ is_rule_in_force('segment_rules', 'accounts.month') }}

    left join key_accounts
        on
            accounts.month = key_accounts.month
            and accounts.group_account_id = key_accounts.group_account_id

)

select * from final
