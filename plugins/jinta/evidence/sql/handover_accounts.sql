-- Every account whose manager it is in the month, closed ones too: those in service
-- first, then the most valuable.
select
    overviews.group_account_id,
    overviews.account_name,
    overviews.branch_id,
    overviews.county_name,
    overviews.industry,
    overviews.address,
    overviews.office_phone,
    overviews.is_active,
    overviews.effective_tier,
    overviews.is_top_tier,
    overviews.total_score,
    overviews.value_rank,
    overviews.population,
    overviews.total_amount,
    overviews.total_amount_3m,
    overviews.member_lines,
    case
        when overviews.signed_date <= %(month_end)s then overviews.signed_date
    end as signed_date,
    overviews.credit_grade,
    overviews.payment_method,
    overviews.last_visited_date,
    overviews.days_since_visit,
    overviews.open_tasks + overviews.open_processes as open_tasks,
    overviews.overdue_tasks,
    overviews.open_complaints,
    overviews.open_follow_ups,
    overviews.satisfaction_points,
    overviews.key_persons,
    overviews.deciders,
    overviews.decider_attitude_grade,
    overviews.competitor_products,
    overviews.competitor_contract_end_date,
    overviews.open_agreement_amount,
    overviews.open_opportunities,
    overviews.weighted_opportunity_amount,
    coalesce(receivables.open_amount, 0) as receivable_amount,
    coalesce(receivables.arrears_amount, 0) as arrears_amount,
    coalesce(receivables.credit_amount, 0) as credit_amount,
    receivables.oldest_due_date,
    proposals.manager_id_proposed

from marts.fct_account_overviews as overviews

left join marts.fct_receivables as receivables
    on
        overviews.month = receivables.month
        and overviews.group_account_id = receivables.group_account_id

left join marts.fct_owner_proposals as proposals
    on
        overviews.month = proposals.month
        and overviews.group_account_id = proposals.group_account_id
        and proposals.coverage_rule_id = 'group'

where
    overviews.month = %(month)s
    and overviews.manager_id = %(manager)s
    and overviews.is_identified

order by
    overviews.is_active desc,
    overviews.value_rank asc nulls last,
    overviews.total_amount_3m desc,
    overviews.group_account_id asc
