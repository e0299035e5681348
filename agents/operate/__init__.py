"""Commands that change a running flow: replay, models, policy files."""
