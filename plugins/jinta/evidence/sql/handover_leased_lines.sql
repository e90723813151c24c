-- Leased lines in service, as the office's ledger has them.
select
    leased_lines.group_account_id,
    leased_lines.account_id_crm,
    leased_lines.circuit_id,
    leased_lines.product_code,
    leased_lines.bandwidth_mbps,
    leased_lines.monthly_rent,
    leased_lines.installed_date,
    leased_lines.removed_date

from marts.dim_leased_lines as leased_lines

where
    leased_lines.month = %(month)s
    and leased_lines.is_in_service
    and leased_lines.group_account_id = any(%(accounts)s)

order by
    leased_lines.group_account_id asc,
    leased_lines.system_name asc,
    leased_lines.circuit_id asc
