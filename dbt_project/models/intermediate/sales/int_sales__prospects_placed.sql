-- Who a prospect's record stands for in a month: the prospect, and from the month in
-- which it is linked to a customer, the customer.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

records as (

    select * from {{ ref('stg_crm__prospects') }}

),

clustered as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_mastered') }}

),

customers as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

final as (

    select
        prospects.month,
        clustered.system_name,
        clustered.prospect_id,
        coalesce(customers.group_account_id, prospects.group_account_id)
            as group_account_id,
        coalesce(customers.branch_id, prospects.branch_id) as branch_id,
        case
            when customers.group_account_id is null then prospects.manager_id
            else customers.manager_id
        end as manager_id

    from prospects

    inner join months
        on prospects.month = months.month

    inner join clustered
        on prospects.group_account_id = clustered.group_account_id

    -- A record that nobody had written yet says nothing.
    inner join records
        on
            clustered.source_record_id = records.source_record_id
            and months.month_end_date >= records.created_date

    left join customers
        on
            prospects.month = customers.month
            and prospects.converted_group_account_id = customers.group_account_id

)

select * from final
