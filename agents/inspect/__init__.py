"""Read-only commands: audit, explain, doctor, policy health, plots."""
