with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

-- A former grade may name a tier or only its band: A1 was A.
grades as (

    select
        scorecard_id,
        version as scorecard_version,
        array_agg(upper(tier)) || array_agg(upper(tier_band)) as known_grades

    from tier_rules

    group by scorecard_id, version

),

final as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        scores.scorecard_version,
        tiers.partition_id,
        scores.x_points,
        scores.y_points,
        scores.z_points,
        scores.w_points,
        scores.total_points,
        round(scores.total_points / 100.0, 2) as total_score,
        scores.completeness_pct,
        scores.is_provisional,
        scores.points,
        scores.bands,
        tiers.value_rank,
        tiers.population,
        tiers.raw_tier,
        tiers.suggested_tier,
        tiers.held_band,
        tiers.months_outside,
        tiers.exit_months,
        tiers.exit_rank,
        round(tiers.exit_points / 100.0, 2) as exit_score,
        tiers.effective_tier,
        tiers.tier_code,
        tiers.override_id,
        tiers.override_reason,
        tiers.override_approver,
        tiers.override_valid_to,
        accounts.initial_class,
        accounts.former_grade,
        -- Who is not ranked has no grade now that could differ, and a grade of another
        -- card none that could be compared.
        case
            when
                tiers.population is not null
                and upper(trim(accounts.former_grade)) = any(grades.known_grades)
                then
                    upper(trim(accounts.former_grade))
                    not in (upper(tiers.effective_tier), upper(tiers.tier_band))
        end as is_changed_from_former

    from scores

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.month = tiers.month
            and scores.group_account_id = tiers.group_account_id

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id

    left join grades
        on
            scores.scorecard_id = grades.scorecard_id
            and scores.scorecard_version = grades.scorecard_version

)

select * from final
