with

source as (

    select * from {{ source('cache', 'names_read') }}

),

final as (

    select
        content_key,
        used_on,
        folded_name,
        normalised_name,
        core_name,
        brand_word,
        legal_form,
        organ_type,
        region_province,
        region_city,
        region_county,
        branch_marker,
        head_part,
        is_government,
        script

    from source

)

select * from final
