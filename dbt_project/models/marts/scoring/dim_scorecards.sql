with

scorecards as (

    select * from {{ ref('scorecards') }}

),

final as (

    select
        scorecard_id,
        version as scorecard_version,
        name_en as scorecard_name,
        name_zh as scorecard_name_zh,
        valid_from,
        valid_to,
        recorded_at as recorded_date,
        approver,
        subject,
        partition_by,
        population,
        cut_off_basis,
        rounding,
        ties,
        rank_order,
        min_completeness_pct,
        freeze_percentiles,
        ahp_id,
        spec_id,
        note

    from scorecards

)

select * from final
