"""Texts folded into what they copy."""
