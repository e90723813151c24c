-- Every row of rules that has a name, whatever kind of rule it is of.
with

rule_rows as (

    select * from {{ ref('int_scoring__rule_rows_collected') }}

),

versions as (

    select
        rule_set,
        rule_version,
        lead(min(valid_from)) over (
            partition by rule_set
            order by min(valid_from)
        ) as next_valid_from

    from rule_rows

    group by rule_set, rule_version

),

named as (

    select
        rule_rows.seed_name,
        rule_rows.rule_set,
        rule_rows.rule_version,
        rule_rows.row_key,
        rule_rows.valid_from,
        versions.next_valid_from - 1 as valid_to,
        rule_rows.rule_row ->> 'name_en' as rule_name,
        rule_rows.rule_row ->> 'name_zh' as rule_name_zh

    from rule_rows

    inner join versions
        on
            rule_rows.rule_set = versions.rule_set
            and rule_rows.rule_version = versions.rule_version

),

final as (

    select
        seed_name,
        rule_set,
        rule_version,
        row_key,
        valid_from,
        valid_to,
        rule_name,
        rule_name_zh

    from named

    where coalesce(rule_name, rule_name_zh) is not null

)

select * from final
