"""What people read after a run: summary, explanations, decisions."""
