-- The figures of the latest financial year that were known at the month's end.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

finances as (

    select * from {{ ref('stg_crm__account_finances') }}

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
        finances.sales_amount,
        row_number() over (
            partition by months.month, records.group_account_id
            order by
                finances.fiscal_year desc,
                finances.reported_date desc,
                records.source_record_id asc
        ) as row_number

    from months

    inner join finances
        on months.month_end_date >= finances.reported_date

    inner join records
        on {{ refers_to('finances', 'records', 'account_id') }}

    where finances.sales_amount is not null

),

final as (

    select
        month,
        group_account_id,
        fiscal_year,
        sales_amount

    from ranked

    where row_number = 1

)

select * from final
