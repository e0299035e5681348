"""The books: one disposition per offset, and the audit that proves it."""
