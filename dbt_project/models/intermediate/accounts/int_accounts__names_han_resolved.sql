-- One row per name with Chinese characters: its comparable forms, put together again
-- from its parts in one spelling, and the region it names.
with

names_parsed as (

    select * from {{ ref('int_accounts__names_han_parsed') }}

),

names_prepared as (

    select * from {{ ref('int_accounts__names_han_prepared') }}

),

names_stripped as (

    select * from {{ ref('int_accounts__names_beginnings_stripped') }}

),

branches_placed as (

    select * from {{ ref('int_accounts__names_branches_placed') }}

),

divisions as (

    select * from {{ ref('int_accounts__names_regions_titled') }}

),

brands as (

    select * from {{ ref('int_accounts__names_brands_read') }}

),

names_joined as (

    select
        names_parsed.name_text,
        names_parsed.head_name,
        names_parsed.branch_marker,
        names_parsed.branch_ordinal,
        -- Where nothing else tells the body apart, the doubtful region does (吉安科技).
        concat(
            case when brands.brand_word is null then names_stripped.uncertain_word end,
            coalesce(branches_placed.body, names_parsed.body)
        ) as body,
        coalesce(branches_placed.tail, names_parsed.tail) as tail,
        names_stripped.uncertain_word,
        coalesce(names_stripped.region_code, names_prepared.bracket_region_code)
            as region_code,
        branches_placed.region_code as branch_region_code,
        -- A bracket says which kind of partnership: 合伙企业(有限合伙).
        coalesce(
            case
                when names_parsed.legal_form not in ('company', 'partnership')
                    then names_parsed.legal_form
            end,
            names_prepared.bracket_legal_form,
            nullif(names_parsed.legal_form, 'company'),
            nullif(names_stripped.legal_form, 'company')
        ) as legal_form

    from names_parsed

    inner join names_prepared on names_parsed.name_text = names_prepared.name_text

    inner join names_stripped on names_parsed.name_text = names_stripped.name_text

    left join branches_placed on names_parsed.name_text = branches_placed.name_text

    left join brands on names_parsed.name_text = brands.name_text

),

names_titled as (

    select
        names_joined.name_text,
        names_joined.head_name,
        names_joined.legal_form,
        names_joined.uncertain_word,
        names_joined.branch_marker,
        names_joined.branch_ordinal,
        names_joined.tail,
        concat(names_joined.head_name, names_joined.body) as head_part,
        coalesce(
            own.region_title,
            case
                when names_joined.branch_marker is null then places.region_title
            end
        ) as region_title,
        coalesce(
            places.region_title,
            case when names_joined.head_name is not null then own.region_title end
        ) as branch_title,
        coalesce(places.region_province, own.region_province) as region_province,
        case
            when places.region_code is null then own.region_city
            else places.region_city
        end as region_city,
        case
            when places.region_code is null then own.region_county
            else places.region_county
        end as region_county

    from names_joined

    left join divisions as own on names_joined.region_code = own.region_code

    left join divisions as places
        on names_joined.branch_region_code = places.region_code

),

names_cored as (

    select
        names_titled.name_text,
        lower(
            case
                when names_titled.branch_marker is null
                    then concat(names_titled.head_part, names_titled.tail)
                else
                    concat(
                        names_titled.head_part,
                        names_titled.branch_title,
                        names_titled.tail,
                        names_titled.branch_ordinal,
                        names_titled.branch_marker
                    )
            end
        ) as core_name

    from names_titled

),

final as (

    select
        names_titled.name_text,
        concat(
            case
                when
                    names_titled.branch_marker is null
                    or names_titled.head_name is null
                    then names_titled.region_title
            end,
            names_cored.core_name
        ) as normalised_name,
        names_cored.core_name,
        names_titled.head_name,
        names_titled.uncertain_word,
        names_titled.legal_form,
        names_titled.region_province,
        names_titled.region_city,
        names_titled.region_county,
        names_titled.branch_marker,
        case
            when names_titled.branch_marker is not null
                then nullif(lower(names_titled.head_part), '')
        end as head_part

    from names_titled

    inner join names_cored on names_titled.name_text = names_cored.name_text

)

select * from final
