with

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

final as (

    select
        kpi_id,
        version as kpi_version,
        valid_from,
        valid_to,
        approver,
        name_en as kpi_name,
        name_zh as kpi_name_zh,
        meaning,
        unit,
        direction,
        numerator_mart,
        numerator,
        numerator_filter,
        denominator_mart,
        denominator,
        denominator_filter,
        factor,
        dashboard,
        owner,
        spec_id

    from definitions

)

select * from final
