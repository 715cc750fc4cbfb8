"""The addresses of the notification center."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/<int:pk>/open/", views.open_notice, name="notifications-open"),
    path("notifications/read/", views.read_all, name="notifications-read"),
    path("notifications/unread/", views.unread, name="notifications-unread"),
]
