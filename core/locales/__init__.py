"""How Django itself writes moments and days, in the admin above all: as core/formats.py does on the site's own pages."""
