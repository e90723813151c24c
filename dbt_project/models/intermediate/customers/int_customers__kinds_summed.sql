-- One row per reported month and kind of customer: revenue and people. What a card line
-- brings moves from where its line stands to the card's kind: nothing counts twice.
with

accounts as (

    select * from {{ ref('int_customers__accounts_segmented') }}

),

member_bills as (

    select * from {{ ref('int_indicators__member_bills_summed') }}

),

lines as (

    select * from {{ ref('int_customers__lines_counted') }}

),

card_lines as (

    select * from {{ ref('int_customers__card_lines_billed') }}

),

card_lines_placed as (

    select
        card_lines.month,
        card_lines.amount,
        case
            when card_lines.group_account_id is null then 'rest'
            else coalesce(accounts.customer_kind, 'unknown')
        end as customer_kind

    from card_lines

    left join accounts
        on
            card_lines.month = accounts.month
            and card_lines.group_account_id = accounts.group_account_id

),

parts as (

    select
        month,
        customer_kind,
        amount,
        people

    from accounts

    union all

    select
        bill_month as month,
        'rest' as customer_kind,
        member_bill_amount as amount,
        0 as people

    from member_bills

    where group_account_id = 'individuals'

    union all

    select
        month,
        'rest' as customer_kind,
        0 as amount,
        lines as people

    from lines

    where group_account_id = 'individuals'

    union all

    -- A member line of a key group counts with its group.
    select
        card_lines_placed.month,
        moves.customer_kind,
        moves.direction * card_lines_placed.amount as amount,
        moves.direction as people

    from card_lines_placed

    cross join
        lateral (
            values ('individual', 1), (card_lines_placed.customer_kind, -1)
        ) as moves (customer_kind, direction)

    where card_lines_placed.customer_kind <> 'group'

),

final as (

    select
        month,
        customer_kind,
        sum(amount) as amount,
        sum(people)::bigint as people

    from parts

    group by month, customer_kind

)

select * from final
