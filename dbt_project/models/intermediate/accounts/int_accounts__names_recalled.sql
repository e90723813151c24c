-- One row per name text to be compared: what was read in it before by the same rules,
-- if it was. Only the others are read (F16).
with

names_split as (

    select * from {{ ref('int_accounts__names_split') }}

),

rules as (

    select * from {{ ref('int_accounts__name_rules_hashed') }}

),

names_remembered as (

    select * from {{ ref('stg_cache__names_read') }}

),

names_keyed as (

    select
        names_split.name_text,
        names_split.main_text,
        names_split.trading_name,
        {{ content_key([
            'rules.rules_hash', 'names_split.name_text', 'names_split.main_text'
        ]) }} as content_key

    from names_split

    cross join rules

),

final as (

    select
        names_keyed.name_text,
        names_keyed.main_text,
        names_keyed.trading_name,
        names_keyed.content_key,
        names_remembered.content_key is not null as is_known,
        {%- for column in read_columns() %}
        names_remembered.{{ column }},
        {%- endfor %}
        names_remembered.used_on

    from names_keyed

    left join names_remembered
        on names_keyed.content_key = names_remembered.content_key

)

select * from final
