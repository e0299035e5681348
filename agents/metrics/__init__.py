"""Prometheus metrics and the table that declares them."""
