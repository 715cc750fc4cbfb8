"""The tools' addresses; marketplace/urls.py mounts them in development only."""

from django.urls import path

from marketplace.devtools import demo, machine, outbox, start

urlpatterns = [
    path("", start.tools, name="devtools"),
    path("time/", machine.move_time, name="devtools-time"),
    path("sign-in/<str:login>/", demo.sign_in, name="devtools-sign-in"),
    path("outbox/", outbox.letters, name="devtools-outbox"),
    path("outbox/<slug:key>/", outbox.letter, name="devtools-letter"),
    path("outbox/<slug:key>/html/", outbox.letter_html, name="devtools-letter-html"),
]
