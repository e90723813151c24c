with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

account_branches as (

    select * from {{ ref('stg_crm__account_branches') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        account_branches.system_name,
        account_branches.account_branch_id,
        attributed.group_account_id,
        account_branches.account_id as account_id_crm,
        account_branches.account_branch_name,
        account_branches.county_name,
        account_branches.employees,
        account_branches.recorded_date

    from months

    inner join account_branches
        on
            months.month_end_date >= account_branches.recorded_date
            and coalesce(
                months.month_end_date < account_branches.closed_date, true
            )

    left join records
        on {{ refers_to('account_branches', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
