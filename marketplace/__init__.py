"""The Django project: it alone knows every room of the house."""

from marketplace.celery import app as celery_app

__all__ = ["celery_app"]
