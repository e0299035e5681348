"""Decisions and outcomes to actions: budgets, escalation, digests, revocations."""
