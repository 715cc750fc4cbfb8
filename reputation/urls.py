"""Addresses of this room."""

from django.urls import URLPattern, path

from reputation.views import kwork_feedback, order_feedback, profile_feedback

urlpatterns: list[URLPattern] = [
    path("orders/<str:number>/feedback/", order_feedback, name="order-feedback"),
    path("kworks/<int:pk>/feedback/", kwork_feedback, name="kwork-feedback"),
    path("users/<str:login>/feedback/", profile_feedback, name="profile-feedback"),
]
