-- The call centre's rule, as it is in force in each reported month.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

service_rules as (

    select * from {{ ref('service_rules') }}

),

final as (

    select
        months.month,
        service_rules.service_rule_id,
        service_rules.version as service_rule_version,
        service_rules.scorecard_id,
        service_rules.unscored_class,
        service_rules.blacklisted_class

    from months

    inner join service_rules
        on {{ is_rule_in_force('service_rules', 'months.month') }}

)

select * from final
