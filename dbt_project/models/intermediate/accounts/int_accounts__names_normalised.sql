-- One row per name text: its comparable forms and what can be read off it, now or
-- before.
with

names_recalled as (

    select * from {{ ref('int_accounts__names_recalled') }}

),

names_read as (

    select * from {{ ref('int_accounts__names_read') }}

),

final as (

    select
        names_recalled.name_text,
        {%- for column in read_columns() %}
        names_recalled.{{ column }},
        {%- endfor %}
        names_recalled.trading_name

    from names_recalled

    where names_recalled.is_known

    union all

    select
        names_recalled.name_text,
        {%- for column in read_columns() %}
        names_read.{{ column }},
        {%- endfor %}
        names_recalled.trading_name

    from names_read

    inner join names_recalled
        on names_read.name_text = names_recalled.name_text

)

select * from final
