-- Whether a row of a source (`account_id`, `_system`) names one of the `records`: that of
-- its own system, else the only one that the key means. The macro `refers_to` of dbt.
account_id = records.account_id_crm
and (
    _system = records.system_name
    or records.is_only_system and _system <> all(records.other_systems)
)
