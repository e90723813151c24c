-- The version in force in each reported month (S0-17, F71).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

scorecards as (

    select * from {{ ref('scorecards') }}

),

final as (

    select
        scorecards.scorecard_id,
        months.month,
        scorecards.version as scorecard_version,
        scorecards.subject,
        scorecards.partition_by,
        scorecards.population,
        scorecards.cut_off_basis,
        scorecards.rounding,
        scorecards.ties,
        string_to_array(scorecards.rank_order, ' ') as rank_order,
        scorecards.min_completeness_pct

    from months

    inner join scorecards
        on {{ is_rule_in_force('scorecards', 'months.month') }}

)

select * from final
