-- The CRM's records by their keys, with their accounts of the month, and what a bare key
-- from another system means: its only listed record, else the one that ended last. As
-- `int_accounts__records_current` of the dbt project has it.
select
    ranked.account_id_crm,
    ranked.system_name,
    ranked.records_listed <= 1 and ranked.end_rank = 1 as is_only_system,
    array_remove(ranked.systems, ranked.system_name) as other_systems,
    bridge.group_account_id

from (
    select
        latest.account_id_crm,
        latest.system_name,
        count(*) filter (where latest.end_load_id is null) over same_key
            as records_listed,
        row_number() over (
            partition by latest.account_id_crm
            order by
                latest.end_load_id desc nulls first,
                latest.system_name collate "C"
        ) as end_rank,
        array_agg(latest.system_name) over same_key as systems

    from (
        select distinct on (accounts._system, accounts.account_id)
            accounts._system as system_name,
            accounts.account_id as account_id_crm,
            case
                when accounts._last_load_id <= %(known_load)s
                    then accounts._last_load_id
            end as end_load_id

        from raw.crm__accounts as accounts

        where accounts._first_load_id <= %(known_load)s

        order by
            accounts._system asc,
            accounts.account_id asc,
            accounts._first_load_id desc
    ) as latest

    window same_key as (partition by latest.account_id_crm)
) as ranked

left join marts.bridge_account_records as bridge
    on
        bridge.month = %(month)s
        and ranked.system_name = bridge.system_name
        and ranked.account_id_crm = bridge.account_id_crm
