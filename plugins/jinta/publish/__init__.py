"""Publication by pointer (design decision 3).

Candidate marts become slices that nobody sees; one short transaction then points
readers at them. The same tables answer what was shown on a day and take it back.
"""

from jinta.publish.publication import (
    Publication,
    PublishedSlice,
    list_publications,
    publish,
    rollback,
    stage_candidate,
)
from jinta.publish.retention import prune

__all__ = [
    "Publication",
    "PublishedSlice",
    "list_publications",
    "prune",
    "publish",
    "rollback",
    "stage_candidate",
]
