-- A look-alike rule without ascending bounds would call most accounts of one size.
with

rules as (

    select * from {{ ref('look_alike_rules') }}

),

bounds as (

    select
        rules.look_alike_rule_id,
        rules.version,
        rules.size_class_bounds,
        string_to_array(rules.size_class_bounds, ' ')::integer[] as bounds

    from rules

)

select
    look_alike_rule_id,
    version,
    size_class_bounds

from bounds

where
    coalesce(cardinality(bounds), 0) = 0
    or bounds <> array(
        select distinct bound.size
        from unnest(bounds) as bound (size)
        order by bound.size asc
    )
