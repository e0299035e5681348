"""Health of rules and teams, from decisions, outcomes and the ledger."""
