"""Addresses of this room."""

from django.urls import URLPattern, path

from arbitration.views.help import cancel, order_help

urlpatterns: list[URLPattern] = [
    path("orders/<str:number>/help/", order_help, name="order-help"),
    path("orders/<str:number>/cancel/", cancel, name="order-cancel"),
]
