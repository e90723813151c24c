with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

individual_key_accounts as (

    select * from {{ ref('stg_crm__individual_key_accounts') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

final as (

    select
        months.month,
        individual_key_accounts.system_name,
        individual_key_accounts.customer_id,
        individual_key_accounts.branch_id,
        individual_key_accounts.manager_id,
        individual_key_accounts.line_id,
        records.group_account_id,
        individual_key_accounts.account_id as account_id_crm,
        individual_key_accounts.card_grade,
        individual_key_accounts.key_account_grade,
        individual_key_accounts.initial_consumption_grade,
        individual_key_accounts.consumption_grade,
        individual_key_accounts.joining_channel,
        individual_key_accounts.payment_method,
        individual_key_accounts.granted_date

    from months

    inner join individual_key_accounts
        on
            months.month_end_date >= individual_key_accounts.granted_date
            and coalesce(
                months.month_end_date < individual_key_accounts.ended_date, true
            )

    left join records
        on {{ refers_to('individual_key_accounts', 'records', 'account_id') }}

)

select * from final
