-- Which active customers a record of a prospect names or resembles: what the CRM notes,
-- a shared credit code, the same comparable name in the same branch.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

prospects as (

    select * from {{ ref('stg_crm__prospects') }}

),

keyed as (

    select * from {{ ref('int_accounts__prospects_keyed') }}

),

accounts as (

    select * from {{ ref('int_accounts__accounts_survived') }}
    where is_active

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

records as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

customers as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.credit_code,
        accounts.branch_id,
        names.normalised_name

    from accounts

    left join names
        on accounts.account_name = names.name_text

),

final as (

    select
        months.month,
        prospects.source_record_id,
        records.group_account_id,
        'crm' as conversion_basis,
        1 as basis_rank

    from months

    inner join prospects
        on months.month_end_date >= prospects.converted_date

    inner join records
        on
            prospects.converted_account_id = records.account_id
            and (
                prospects.system_name = records.system_name
                or records.is_only_system
            )

    inner join customers
        on
            months.month = customers.month
            and records.group_account_id = customers.group_account_id

    union all

    select
        customers.month,
        keyed.source_record_id,
        customers.group_account_id,
        'credit_code' as conversion_basis,
        2 as basis_rank

    from customers

    inner join keyed
        on customers.credit_code = keyed.credit_code

    union all

    select
        customers.month,
        keyed.source_record_id,
        customers.group_account_id,
        'exact_name' as conversion_basis,
        3 as basis_rank

    from customers

    inner join keyed
        on
            customers.normalised_name = keyed.normalised_name
            and customers.branch_id = keyed.branch_id

)

select * from final
