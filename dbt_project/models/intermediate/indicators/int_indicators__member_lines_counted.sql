-- Members at the start of each month of the windows, and those of them that left in it.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

absences as (

    select * from {{ ref('int_indicators__absences_listed') }}

),

leavers as (

    select * from {{ ref('int_indicators__leavers_listed') }}

),

status_changes as (

    select * from {{ ref('stg_billing__line_status_changes') }}

),

window_months as (

    select (months.month - make_interval(months => steps.step))::date as member_month

    from months

    cross join generate_series(0, {{ window_months() | int - 1 }}) as steps (step)

    group by member_month

),

bounds as (

    select
        min(member_month) as first_month,
        max(member_month) as last_month

    from window_months

),

-- Most lines live through all months: they are counted before months multiply them.
spans as (

    select
        lines.group_account_id,
        greatest(lines.member_from_month, bounds.first_month) as from_month,
        least(lines.member_to_month, bounds.last_month) as to_month,
        count(*) as member_lines

    from lines

    inner join bounds
        on
            lines.member_from_month <= bounds.last_month
            and lines.member_to_month >= bounds.first_month

    where not lines.is_individual

    group by lines.group_account_id, from_month, to_month

),

-- After the month of its leaving until it is back a line is nobody's member.
absent_spans as (

    select
        lines.group_account_id,
        greatest(
            lines.member_from_month, absences.off_net_month + interval '1 month'
        )::date as from_month,
        least(lines.member_to_month, absences.back_month) as to_month,
        -count(*) as member_lines

    from lines

    inner join absences
        on
            lines.system_name = absences.system_name
            and lines.line_id = absences.line_id
            and lines.opened_month <= absences.off_net_month
            and lines.member_from_month <= absences.back_month
            and lines.member_to_month > absences.off_net_month

    where not lines.is_individual

    group by lines.group_account_id, from_month, to_month

),

counted as (

    select * from spans

    union all

    select * from absent_spans

),

members as (

    select
        window_months.member_month,
        counted.group_account_id,
        sum(counted.member_lines)::bigint as member_lines

    from window_months

    inner join counted
        on window_months.member_month between counted.from_month and counted.to_month

    group by window_months.member_month, counted.group_account_id

    having sum(counted.member_lines) > 0

),

off_net as (

    select
        off_net_month,
        group_account_id,
        count(*) as off_net_lines

    from leavers

    group by off_net_month, group_account_id

),

closing_dates as (

    select count(*) > 0 as has_any

    from lines

    where closed_month is not null

),

-- A month has a rate if the source keeps closing dates, or told of changes in it.
delivered as (

    select
        window_months.member_month,
        bool_or(closing_dates.has_any)
        or count(status_changes.change_id) > 0 as has_leavers

    from window_months

    cross join closing_dates

    left join status_changes
        on window_months.member_month = status_changes.change_month

    group by window_months.member_month

),

final as (

    select
        members.member_month,
        members.group_account_id,
        members.member_lines,
        case when delivered.has_leavers then coalesce(off_net.off_net_lines, 0) end
            as off_net_lines

    from members

    inner join delivered
        on members.member_month = delivered.member_month

    left join off_net
        on
            members.member_month = off_net.off_net_month
            and members.group_account_id = off_net.group_account_id

)

select * from final
