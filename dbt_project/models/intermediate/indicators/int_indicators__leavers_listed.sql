-- A line leaves by its closing date or by a status change; told by both, it left once.
with

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

status_changes as (

    select * from {{ ref('stg_billing__line_status_changes') }}

),

-- A line that left and came back within the month has not left: its last change counts.
ordered_changes as (

    select
        change_month,
        system_name,
        line_id,
        line_status,
        row_number() over (
            partition by change_month, system_name, line_id
            order by changed_date desc, change_id desc
        ) as row_number

    from status_changes

),

off_net_changes as (

    select
        change_month,
        system_name,
        line_id

    from ordered_changes

    where row_number = 1 and line_status = 'off_net'

),

leavers as (

    select
        lines.closed_month as off_net_month,
        lines.group_account_id,
        lines.system_name,
        lines.line_id

    from lines

    where
        not lines.is_individual
        and lines.closed_month between lines.member_from_month and lines.member_to_month

    union

    select
        off_net_changes.change_month as off_net_month,
        lines.group_account_id,
        lines.system_name,
        lines.line_id

    from off_net_changes

    inner join lines
        on
            {{ refers_to('off_net_changes', 'lines', 'line_id') }}
            and not lines.is_individual
            and off_net_changes.change_month
            between lines.member_from_month and lines.member_to_month

),

final as (

    select
        off_net_month,
        group_account_id,
        system_name,
        line_id

    from leavers

)

select * from final
