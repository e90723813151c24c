with

segments as (

    select * from {{ ref('int_customers__segments_summed') }}

),

final as (

    select
        month,
        segment_id,
        segment_order,
        segment_name,
        segment_name_zh,
        amount,
        people,
        round(100 * amount / nullif(sum(amount) over same_month, 0), 4)
            as amount_share_pct,
        round(100.0 * people / nullif(sum(people) over same_month, 0), 4)
            as people_share_pct,
        round(amount / nullif(people, 0), 2) as amount_per_head,
        segment_version

    from segments

    window same_month as (partition by month)

)

select * from final
