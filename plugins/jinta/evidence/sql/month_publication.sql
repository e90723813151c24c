-- The month to look at (the last published one if none is named), and the publication
-- whose content readers see of it; a rollback shows an earlier one's again.
select
    pointers.month,
    pointers.publication_id,
    publications.run_id,
    publications.as_of_date,
    publications.landed_through_load_id,
    publications.known_at,
    publications.published_at

from control.pointers

inner join control.publications as publications
    on pointers.publication_id = publications.publication_id

where
    pointers.mart = 'fct_account_scores'
    and (%(month)s::date is null or pointers.month = %(month)s::date)

order by pointers.month desc

limit 1
