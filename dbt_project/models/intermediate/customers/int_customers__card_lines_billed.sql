-- One row per reported month and line of an individual key account that lives and is
-- listed at the month's end: whose line it is, and what it was billed.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

customers as (

    select * from {{ ref('stg_crm__individual_key_accounts') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

bills as (

    select * from {{ ref('stg_billing__line_bills') }}

),

-- Two cards on one line are one person's line.
card_lines as (

    select distinct
        months.month,
        lines.system_name,
        lines.line_id,
        lines.is_only_system,
        lines.group_account_id

    from months

    inner join customers
        on
            months.month_end_date >= customers.granted_date
            and coalesce(months.month_end_date < customers.ended_date, true)

    inner join lines
        on
            {{ refers_to('customers', 'lines', 'line_id') }}
            and months.month >= lines.opened_month
            and coalesce(months.month < lines.closed_month, true)
            and months.month >= lines.in_force_from_month
            and months.month < lines.in_force_to_month
            and months.month < lines.listed_to_month

),

final as (

    select
        card_lines.month,
        card_lines.system_name,
        card_lines.line_id,
        card_lines.group_account_id,
        coalesce(sum(bills.amount), 0) as amount

    from card_lines

    left join bills
        on
            card_lines.month = bills.bill_month
            and {{ refers_to('bills', 'card_lines', 'line_id') }}

    group by
        card_lines.month,
        card_lines.system_name,
        card_lines.line_id,
        card_lines.group_account_id

)

select * from final
