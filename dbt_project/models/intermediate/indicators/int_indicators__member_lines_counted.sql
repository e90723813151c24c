-- Members at the start of each month of the windows, and those of them that left in it.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

status_changes as (

    select * from {{ ref('stg_billing__line_status_changes') }}

),

window_months as (

    select distinct
        (months.month - make_interval(months => steps.step))::date as month_start_date,
        (months.month - make_interval(months => steps.step - 1))::date
            as next_month_start_date

    from months

    cross join generate_series(0, {{ window_months() - 1 }}) as steps (step)

),

-- A line that left and came back within the month has not left: its last change counts.
last_changes as (

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
        line_id,
        system_name

    from last_changes

    where row_number = 1 and line_status = 'off_net'

),

-- A source that never tells of a line that left can't tell a rate.
delivered as (

    select
        exists (select 1 from lines where lines.closed_date is not null)
        or exists (select 1 from status_changes) as has_closures

),

members as (

    select
        window_months.month_start_date,
        lines.group_account_id,
        coalesce(lines.closed_date < window_months.next_month_start_date, false)
        or off_net_changes.line_id is not null as has_left

    from window_months

    inner join lines
        on
            lines.opened_date < window_months.month_start_date
            and coalesce(lines.closed_date >= window_months.month_start_date, true)
            and lines.known_to_date > window_months.month_start_date
            and lines.in_force_from_month <= window_months.month_start_date
            and lines.in_force_to_month > window_months.month_start_date
            and not lines.is_individual

    left join off_net_changes
        on
            window_months.month_start_date = off_net_changes.change_month
            and lines.line_id = off_net_changes.line_id
            and lines.system_name = off_net_changes.system_name

),

final as (

    select
        members.month_start_date as member_month,
        members.group_account_id,
        count(*) as member_lines,
        case
            when bool_and(delivered.has_closures)
                then count(*) filter (where members.has_left)
        end as off_net_lines

    from members

    cross join delivered

    group by 1, 2

)

select * from final
