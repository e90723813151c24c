"""The synthetic province (演示省): source systems to try jinta on.

`ensure_demo` builds them. What a build must lead to lies in its `truth` folder, which
is for tests only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.build import Demo
    from jinta.settings import Settings


def ensure_demo(
    settings: Settings,
    accounts: int = 2_000,
    months: int = 24,
    seed: int = 7,
    *,
    is_anew: bool = False,
) -> Demo:
    """Build the source systems, unless they stand as they are asked for.

    See `demo.build.ensure_demo`, which this imports only when it is called.
    """
    from demo.build import ensure_demo as build

    return build(settings, accounts, months, seed, is_anew=is_anew)


def note_lead_steps(settings: Settings, demo: Demo) -> int:
    """Note the work on some leads in the warehouse, unless any is noted already.

    See `demo.leads.note_lead_steps`, which this imports only when it is called.
    """
    from demo.leads import note_lead_steps as note

    return note(settings, demo)
