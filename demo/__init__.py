"""The synthetic province: source systems to try jinta on."""
