"""The Celery application: worker and beat start from here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

app = Celery("workhall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "knock": {"task": "marketplace.tasks.knock", "schedule": 60.0, "options": {"expires": 55}},
    "hand on events": {"task": "core.tasks.hand_on_waiting", "schedule": 60.0, "options": {"expires": 55}},
}
