-- The rule rows of a version as they were registered at its first publication.
select versions.rows

from control.rule_versions as versions

where
    versions.rule_set = 'scorecard ' || %(scorecard)s
    and versions.version = %(version)s
