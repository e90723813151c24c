-- Guards that an id resolves in one step: what stands for it has not ended itself.
select
    former.group_account_id_former,
    former.group_account_id,
    successors.has_ended
from {{ ref('bridge_account_successors') }} as former
left join {{ ref('bridge_account_successors') }} as successors
    on former.group_account_id = successors.group_account_id_former
where successors.has_ended is distinct from false
