with

indicators as (

    select * from {{ ref('indicators') }}

),

final as (

    select
        indicator_id,
        position,
        name_en as indicator_name,
        name_zh as indicator_name_zh,
        meaning,
        unit,
        grain,
        scale,
        window_months,
        reads_older_rows,
        measured_by,
        is_manual,
        is_changeable,
        source_tables,
        owner,
        absence_rule,
        absence_meaning,
        spec_id

    from indicators

)

select * from final
