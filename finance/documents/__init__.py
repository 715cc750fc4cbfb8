"""Receipts and invoices: numbered without gaps, with everything that stood on them when they were issued (FIN-05)."""
