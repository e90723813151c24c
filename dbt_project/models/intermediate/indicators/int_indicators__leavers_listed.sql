-- A line leaves by its closing date or by a status change; told by both, it left once,
-- in the earlier month.
with

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

absences as (

    select * from {{ ref('int_indicators__absences_listed') }}

),

leavers as (

    -- One that was off net already when it was closed has left before.
    select
        lines.closed_month as off_net_month,
        lines.group_account_id,
        lines.system_name,
        lines.line_id

    from lines

    left join absences
        on
            lines.system_name = absences.system_name
            and lines.line_id = absences.line_id
            and lines.opened_month <= absences.off_net_month
            and lines.closed_month > absences.off_net_month
            and lines.closed_month <= absences.back_month

    where
        not lines.is_individual
        and lines.closed_month between lines.member_from_month and lines.member_to_month
        and absences.line_id is null

    union

    select
        absences.off_net_month,
        lines.group_account_id,
        lines.system_name,
        lines.line_id

    from absences

    inner join lines
        on
            absences.system_name = lines.system_name
            and absences.line_id = lines.line_id
            and not lines.is_individual
            and absences.off_net_month
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
