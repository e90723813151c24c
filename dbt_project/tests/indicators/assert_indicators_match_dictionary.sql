-- SQL is written from the dictionary's file: the seed must say the same, each indicator
-- at its place.
with

dictionary as (

    select * from {{ ref('indicators') }}

),

columns as (

    select
        listed.indicator_id,
        listed.position

    from (
        values
        {%- for indicator in indicator_columns().split() %}
        ('{{ indicator }}', {{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (indicator_id, position)

)

select
    coalesce(dictionary.indicator_id, columns.indicator_id) as indicator_id,
    dictionary.position as position_in_dictionary,
    columns.position as position_in_macro,
    dictionary.window_months

from dictionary

full join columns
    on dictionary.indicator_id = columns.indicator_id

where
    dictionary.position is distinct from columns.position
    or (
        dictionary.measured_by = 'int_indicators__group_value_measured'
        and dictionary.window_months not in (1, {{ window_months() }})
    )
