"""``python -m agents.metrics`` prints the table of metrics as Markdown (deploy/prometheus/METRICS.md)."""

import sys

from agents.metrics.table import markdown

sys.stdout.write(markdown())
