-- Which products an account uses in the month: billed, or a leased line in service.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

bills as (

    select * from {{ ref('int_indicators__informatization_bills_summed') }}

),

leased_lines as (

    select * from {{ ref('stg_ledger__leased_lines') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

applied as (

    select
        months.month,
        bills.group_account_id,
        bills.product_code,
        bills.informatization_amount as billed_amount,
        0 as leased_lines

    from months

    inner join bills
        on months.month = bills.bill_month

    union all

    select
        months.month,
        records.group_account_id,
        leased_lines.product_code,
        0 as billed_amount,
        1 as leased_lines

    from leased_lines

    inner join months
        on
            leased_lines.known_from_date <= months.month_end_date
            and leased_lines.next_known_from_date > months.month_end_date
            and leased_lines.known_to_date > months.month_end_date
            and leased_lines.installed_date <= months.month_end_date
            and coalesce(leased_lines.removed_date > months.month_end_date, true)

    inner join records
        on {{ refers_to('leased_lines', 'records', 'account_id') }}

),

final as (

    select
        month,
        group_account_id,
        product_code,
        sum(billed_amount) as billed_amount,
        sum(leased_lines)::integer as leased_lines

    from applied

    group by month, group_account_id, product_code

    having sum(billed_amount) > 0 or sum(leased_lines) > 0

)

select * from final
