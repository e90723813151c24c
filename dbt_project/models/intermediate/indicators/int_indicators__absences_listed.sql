-- A line is off net from the change that says so to the next one that says it is
-- active. Within a month its last change counts.
with

status_changes as (

    select * from {{ ref('stg_billing__line_status_changes') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

-- All versions of a line find the same changes; the first row of each month is kept.
monthly_changes as (

    select
        lines.system_name,
        lines.line_id,
        status_changes.change_month,
        status_changes.line_status,
        row_number() over (
            partition by
                lines.system_name, lines.line_id, status_changes.change_month
            order by status_changes.changed_date desc, status_changes.change_id desc
        ) as row_number

    from status_changes

    inner join lines
        on {{ refers_to('status_changes', 'lines', 'line_id') }}

    where status_changes.line_status in ('off_net', 'active')

),

preceded as (

    select
        system_name,
        line_id,
        change_month,
        line_status,
        lag(line_status) over (
            partition by system_name, line_id
            order by change_month
        ) as status_before

    from monthly_changes

    where row_number = 1

),

turns as (

    select
        system_name,
        line_id,
        change_month,
        line_status,
        lead(change_month) over (
            partition by system_name, line_id
            order by change_month
        ) as next_turn_month

    from preceded

    where line_status is distinct from status_before

),

final as (

    select
        system_name,
        line_id,
        change_month as off_net_month,
        coalesce(next_turn_month, 'infinity'::date) as back_month

    from turns

    where line_status = 'off_net'

)

select * from final
