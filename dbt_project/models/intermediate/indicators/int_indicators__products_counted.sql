-- An account that never had a product is absent; one that has none now counts zero.
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

products as (

    select
        months.month,
        bills.group_account_id,
        bills.product_code,
        bills.informatization_amount > 0 as is_in_use,
        0 as leased_lines

    from months

    inner join bills
        on months.month = bills.bill_month

    union all

    select
        months.month,
        records.group_account_id,
        leased_lines.product_code,
        leased_lines.installed_date <= months.month_end_date
        and coalesce(leased_lines.removed_date > months.month_end_date, true)
        and leased_lines.known_to_date > months.month_end_date as is_in_use,
        1 as leased_lines

    from months

    inner join leased_lines
        on
            months.month_end_date >= leased_lines.known_from_date
            and months.month_end_date < leased_lines.next_known_from_date

    inner join records
        on {{ refers_to('leased_lines', 'records', 'account_id') }}

),

final as (

    select
        month,
        group_account_id,
        count(distinct product_code) filter (where is_in_use)
            as informatization_products,
        coalesce(sum(leased_lines) filter (where is_in_use), 0)::integer
            as leased_lines,
        bool_or(leased_lines > 0) as has_leased_line_rows

    from products

    group by month, group_account_id

)

select * from final
