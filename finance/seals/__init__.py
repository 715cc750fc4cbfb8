"""Sealed days: every day's postings under one hash that is chained to the day before (FIN-06, FIN-07, docs/adr/0010)."""
