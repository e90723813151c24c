-- Who became a customer is pursued no longer, and is linked to an active customer of
-- the same month (S3-02): nobody is counted twice.
with

prospects as (

    select * from {{ ref('dim_prospects') }}

),

accounts as (

    select * from {{ ref('dim_group_accounts') }}

)

select
    prospects.month,
    prospects.group_account_id,
    prospects.converted_group_account_id,
    prospects.is_active,
    customers.account_kind,
    customers.is_active as is_customer_active

from prospects

left join accounts as customers
    on
        prospects.month = customers.month
        and prospects.converted_group_account_id = customers.group_account_id

where
    prospects.converted_group_account_id is not null
    and (
        prospects.is_active
        or customers.account_kind is distinct from 'account'
        or customers.is_active is not true
    )
