-- A month without members has no rate and is left out of the mean.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

member_lines as (

    select * from {{ ref('int_indicators__member_lines_counted') }}

),

final as (

    select
        months.month,
        member_lines.group_account_id,
        avg(100.0 * member_lines.off_net_lines / member_lines.member_lines)
            as off_net_rate_pct,
        sum(
            case
                when member_lines.member_month = months.month
                    then member_lines.member_lines
                else 0
            end
        )::bigint as member_lines

    from months

    inner join member_lines
        on
            months.month >= member_lines.member_month
            and months.month
            < member_lines.member_month + make_interval(months => {{ window_months() }})

    group by months.month, member_lines.group_account_id

)

select * from final
