"""The work on leads that the demo plays is what the command line would have taken."""

from demo.leads import LEADS, STEPS
from jinta.report.lead_checks import CLOSED
from jinta.report.leads import LEAD_STATUSES


def test_leads_are_won_lost_overdue_and_kept_as_a_case():
    """S4-10: each begins with an owner and a day, and ends with what came of it."""
    ordered = sorted(STEPS, key=lambda step: step[1])
    stories = {
        lead: [said for place, _, said in ordered if place == lead]
        for lead in range(LEADS)
    }
    assert sum(map(len, stories.values())) == len(STEPS)
    ends = []
    for steps in stories.values():
        first, *_ = steps
        assert first["update_kind"] == "assign"
        assert first["due_date"]
        statuses = [step["lead_status"] for step in steps if "lead_status" in step]
        assert set(statuses) <= set(LEAD_STATUSES)
        assert all("outcome" in s for s in steps if s.get("lead_status") in CLOSED)
        ends.append((statuses[-1], steps[-1]["update_kind"], first["due_date"]))
    assert [status for status, kind, _ in ends if kind == "case"] == ["won"]
    assert {status for status, *_ in ends} == {"contacted", "assigned", "won", "lost"}
    late = [end for end in ends if end[0] == "assigned" and end[2] < "2026-01-01"]
    assert len(late) == 1
