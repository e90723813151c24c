-- One row per way a Chinese name can begin: an administrative division as it may be
-- written (罗平县, 罗平, 大理州), a word that only looks like one (大理石), a nationwide
-- body (农行), a legal form (有限公司, after such a body).
with

regions as (

    select * from {{ ref('name_regions') }}

),

words as (

    select * from {{ ref('name_words') }}

),

aliases as (

    select * from {{ ref('name_aliases') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

spellings as (

    select
        'region' as spelling_kind,
        regions.region_name as spelling,
        regions.region_code as stands_for,
        'full' as short_name_use

    from regions

    union

    select
        'region' as spelling_kind,
        regions.short_name || substring(regions.region_name from '自治(.)$') as spelling,
        regions.region_code as stands_for,
        'full' as short_name_use

    from regions

    where regions.region_name ~ '自治[州县旗]$' and regions.short_name is not null

    union

    select
        'region' as spelling_kind,
        regions.short_name as spelling,
        regions.region_code as stands_for,
        -- A division's former name may have been plainer than its name of today.
        max(regions.short_name_use) as short_name_use

    from regions

    where regions.short_name is not null

    group by
        regions.short_name,
        regions.region_code

    union

    select
        words.word_kind as spelling_kind,
        words.word as spelling,
        null as stands_for,
        null as short_name_use

    from words

    where words.word_kind = 'not_region'

    union

    select
        aliases.alias_place as spelling_kind,
        aliases.alias as spelling,
        aliases.canonical_name as stands_for,
        null as short_name_use

    from aliases

    where aliases.alias_place in ('head', 'head_of_branch')

    union

    select
        'legal_form' as spelling_kind,
        legal_forms.legal_form_text as spelling,
        legal_forms.legal_form as stands_for,
        null as short_name_use

    from legal_forms

    where {{ has_han('legal_forms.legal_form_text') }}

),

final as (

    select
        spellings.spelling_kind,
        spellings.spelling,
        left(spellings.spelling, 2) as first_two,
        spellings.stands_for,
        spellings.short_name_use,
        case
            when spellings.spelling_kind <> 'region' then null
            when spellings.stands_for in ('110000', '120000', '310000', '500000') then 2
            when spellings.stands_for like '%0000' then 1
            when spellings.stands_for like '%00' then 2
            else 3
        end as region_level,
        case
            when spellings.spelling_kind <> 'region' then null
            when spellings.stands_for like '%0000' then left(spellings.stands_for, 2)
            when spellings.stands_for like '%00' then left(spellings.stands_for, 4)
            else spellings.stands_for
        end as region_prefix,
        count(*) over (
            partition by spellings.spelling_kind, spellings.spelling
        ) as divisions_sharing

    from spellings

)

select * from final
