"""The ledger, one disposition per offset, and the audit that proves it; written by every stage, read by audit, explain and monitor."""

from pipeline.ledger.audit import HORIZON_SLACK_MS, PROMISES, AuditReport, Claims, Edge, judge
from pipeline.ledger.audit_report import Stray
from pipeline.ledger.book import Book, Entry, pack, read_entry, total, unpack

__all__ = [
    "HORIZON_SLACK_MS",
    "PROMISES",
    "AuditReport",
    "Book",
    "Claims",
    "Edge",
    "Entry",
    "Stray",
    "judge",
    "pack",
    "read_entry",
    "total",
    "unpack",
]
