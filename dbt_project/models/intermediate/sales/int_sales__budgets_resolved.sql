-- The budget of the latest financial year that was known at the end of the month.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

finances as (

    select * from {{ ref('stg_crm__account_finances') }}
    where coalesce(annual_budget_amount, telecom_budget_amount) is not null

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

-- Of several records the latest report holds; those of one day go by their key.
ranked as (

    select
        months.month,
        records.group_account_id,
        finances.fiscal_year,
        finances.reported_date,
        finances.annual_budget_amount,
        finances.telecom_budget_amount,
        row_number() over (
            partition by months.month, records.group_account_id
            order by
                finances.fiscal_year desc,
                finances.reported_date desc,
                records.source_record_id asc
        ) as row_number

    from finances

    inner join months
        on finances.reported_date <= months.month_end_date

    inner join records
        on {{ refers_to('finances', 'records', 'account_id') }}

),

final as (

    select
        month,
        group_account_id,
        fiscal_year,
        reported_date,
        annual_budget_amount,
        telecom_budget_amount

    from ranked

    where row_number = 1

)

select * from final
