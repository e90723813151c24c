-- The points of a look-alike lead are those of the features that its evidence lists,
-- and each of these counts in that month.
with

leads as (

    select * from {{ ref('fct_leads') }}

),

features as (

    select * from {{ ref('fct_best_customer_features') }}
    where counts_in

),

conditions as (

    select
        leads.month,
        leads.lead_rule_id,
        leads.group_account_id,
        (condition.item ->> 'value')::numeric as points,
        condition.item -> 'features' as listed

    from leads

    cross join lateral jsonb_array_elements(leads.evidence) as condition (item)

    where condition.item ->> 'metric' = 'look_alike_points'

),

explained as (

    select
        conditions.month,
        conditions.lead_rule_id,
        conditions.group_account_id,
        conditions.points,
        sum(features.points) as explained_points,
        count(*) as listed_features,
        count(features.feature) as counting_features

    from conditions

    cross join lateral jsonb_array_elements(conditions.listed) as feature (item)

    left join features
        on
            conditions.month = features.month
            and feature.item ->> 'feature' = features.feature
            and feature.item ->> 'value' = features.feature_value
            and (feature.item ->> 'points')::numeric = features.points

    group by
        conditions.month,
        conditions.lead_rule_id,
        conditions.group_account_id,
        conditions.points

)

select
    conditions.month,
    conditions.lead_rule_id,
    conditions.group_account_id,
    conditions.points,
    explained.explained_points

from conditions

left join explained
    on
        conditions.month = explained.month
        and conditions.lead_rule_id = explained.lead_rule_id
        and conditions.group_account_id = explained.group_account_id

where
    coalesce(conditions.points, 0) <> coalesce(explained.explained_points, 0)
    or explained.listed_features <> explained.counting_features
