"""The payment sandbox: a process of its own that speaks the part of the Stripe API the marketplace uses.

It depends on the standard library alone, knows nothing of Django or of the marketplace and never touches
real money. Its pages stand in for a foreign service, so they are in English only and are not translated.
"""
