"""Statements of a user's balances: a table (CSV), a document (PDF), and one that anybody can check (JSON) (FIN-05)."""
