-- What readers see of the month, by mart, with the hash it was stored under.
select
    pointers.mart,
    pointers.publication_id,
    slices.content_hash,
    slices.row_count

from control.pointers

inner join control.slices on pointers.slice_id = slices.slice_id

where pointers.month = %(month)s

order by pointers.mart
