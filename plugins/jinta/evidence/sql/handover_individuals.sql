select
    individuals.customer_id,
    individuals.branch_id,
    individuals.card_grade,
    individuals.consumption_grade,
    individuals.group_account_id,
    individuals.granted_date

from marts.dim_individual_key_accounts as individuals

where
    individuals.month = %(month)s
    and individuals.manager_id = %(manager)s

order by individuals.system_name, individuals.customer_id
