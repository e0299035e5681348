"""A policy tried on recorded situations: test cases, differences, unused silences."""
