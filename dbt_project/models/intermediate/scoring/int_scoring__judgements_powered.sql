{#
    The matrix is squared this often. Its 256th power has the principal eigenvector in
    every column, to more digits than are kept.
-#}
{%- set squarings = 8 -%}
-- Pairwise judgements as a reciprocal matrix, and a high power of it. Each step is
-- divided by its sum and rounded to 30 decimals: equal judgements give equal numbers.
with

judgements as (

    select * from {{ ref('ahp_judgements') }}

),

entries as (

    select
        ahp_id,
        version,
        item_left as item,
        item_right as other_item,
        judgement::numeric as entry

    from judgements

    union all

    select
        ahp_id,
        version,
        item_right as item,
        item_left as other_item,
        round(1 / judgement::numeric(40, 30), 30) as entry

    from judgements

    union all

    -- Every item against itself.
    select distinct
        judgements.ahp_id,
        judgements.version,
        items.item,
        items.item as other_item,
        1 as entry

    from judgements

    cross join
        lateral (values (judgements.item_left), (judgements.item_right)) as items (item)

),

power_0 as (

    select * from entries

),
{% for step in range(1, squarings + 1) %}
power_{{ step }} as (

    select
        lefts.ahp_id,
        lefts.version,
        lefts.item,
        rights.other_item,
        round(
            sum(lefts.entry * rights.entry)
            / sum(sum(lefts.entry * rights.entry)) over (
                partition by lefts.ahp_id, lefts.version
            ),
            30
        ) as entry

    from power_{{ step - 1 }} as lefts

    inner join power_{{ step - 1 }} as rights
        on
            lefts.ahp_id = rights.ahp_id
            and lefts.version = rights.version
            and lefts.other_item = rights.item

    group by lefts.ahp_id, lefts.version, lefts.item, rights.other_item

),
{% endfor %}

final as (

    select
        entries.ahp_id,
        entries.version,
        entries.item,
        entries.other_item,
        entries.entry,
        powers.entry as power_entry

    from entries

    inner join power_{{ squarings }} as powers
        on
            entries.ahp_id = powers.ahp_id
            and entries.version = powers.version
            and entries.item = powers.item
            and entries.other_item = powers.other_item

)

select * from final
