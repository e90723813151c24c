select
    scorecards.scorecard_id,
    scorecards.scorecard_version,
    scorecards.scorecard_name,
    scorecards.scorecard_name_zh,
    scorecards.valid_from,
    scorecards.valid_to,
    scorecards.recorded_date,
    {person}(scorecards.approver) as approver,
    scorecards.partition_by,
    scorecards.population,
    scorecards.cut_off_basis,
    scorecards.rounding,
    scorecards.ties,
    scorecards.rank_order,
    scorecards.min_completeness_pct,
    scorecards.spec_id,
    scorecards.note,
    versions.first_published_at,
    versions.publication_id as first_publication_id,
    versions.content_hash

from marts.dim_scorecards as scorecards

left join control.rule_versions as versions
    on
        versions.rule_set = 'scorecard ' || scorecards.scorecard_id
        and scorecards.scorecard_version = versions.version

where
    scorecards.scorecard_id = %(scorecard)s
    and scorecards.scorecard_version = %(version)s
