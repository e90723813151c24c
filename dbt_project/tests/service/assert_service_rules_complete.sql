-- Each class that a rule names exists, and every likelihood has a class.
with

service_rules as (

    select * from {{ ref('service_rules') }}

),

classes as (

    select * from {{ ref('service_classes') }}

),

service_tiers as (

    select * from {{ ref('service_tiers') }}

),

loss_rules as (

    select * from {{ ref('loss_rules') }}

),

loss_classes as (

    select * from {{ ref('loss_classes') }}

),

named as (

    select
        service_rule_id,
        version,
        unscored_class as service_class

    from service_rules

    union

    select
        service_rule_id,
        version,
        blacklisted_class as service_class

    from service_rules

    union

    select
        service_rule_id,
        version,
        service_class

    from service_tiers

)

select
    named.service_rule_id as rule_id,
    named.version,
    named.service_class as problem

from named

left join classes
    on
        named.service_rule_id = classes.service_rule_id
        and named.version = classes.version
        and named.service_class = classes.service_class

where classes.service_class is null

union all

select
    loss_rules.loss_rule_id as rule_id,
    loss_rules.version,
    'no class from 0 on' as problem

from loss_rules

left join loss_classes
    on
        loss_rules.loss_rule_id = loss_classes.loss_rule_id
        and loss_rules.version = loss_classes.version
        and loss_classes.likelihood_from_pct = 0

where loss_classes.likelihood_class is null
