-- Potential customers whose manager it is and who have become nobody's customer yet, by
-- the numbers under which the CRM keeps them.
select
    prospects.group_account_id,
    records.prospect_ids,
    prospects.branch_id,
    prospects.county_name,
    prospects.industry,
    prospects.enterprise_nature,
    prospects.employees,
    prospects.turnover_amount,
    prospects.created_date

from marts.dim_prospects as prospects

left join
    lateral (
        select
            string_agg(bridge.prospect_id, ' ' order by bridge.prospect_id)
                as prospect_ids
        from marts.bridge_prospect_records as bridge
        where
            bridge.month = prospects.month
            and bridge.group_account_id = prospects.group_account_id
    ) as records
    on true

where
    prospects.month = %(month)s
    and prospects.manager_id = %(manager)s
    and prospects.is_active

order by
    prospects.turnover_amount desc nulls last,
    prospects.group_account_id asc
