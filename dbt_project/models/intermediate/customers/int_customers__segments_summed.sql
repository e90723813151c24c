-- One row per reported month and segment in force: revenue and people.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

kinds as (

    select * from {{ ref('int_customers__kinds_summed') }}

),

segment_rules as (

    select * from {{ ref('segment_rules') }}

),

final as (

    select
        months.month,
        segment_rules.segment_id,
        segment_rules.segment_order,
        segment_rules.version as segment_version,
        segment_rules.name_en as segment_name,
        segment_rules.name_zh as segment_name_zh,
        coalesce(kinds.amount, 0) as amount,
        coalesce(kinds.people, 0) as people

    from months

    inner join segment_rules
        on {{ is_rule_in_force('segment_rules', 'months.month') }}

    left join kinds
        on
            months.month = kinds.month
            and segment_rules.customer_kind = kinds.customer_kind

)

select * from final
