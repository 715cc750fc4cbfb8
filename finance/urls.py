"""Addresses of the balance, of adding money, and of the provider's webhooks."""

from django.urls import path

from finance.views import balance, promo, top_ups, webhook

urlpatterns = [
    path("balance/", balance.balance, name="balance"),
    path("balance/add/", top_ups.add, name="top-up"),
    path("balance/promo/", promo.redeem, name="promo"),
    path("balance/return/", top_ups.returned, name="top-up-return"),
    path("balance/top-ups/", top_ups.all_top_ups, name="top-ups"),
    path("balance/top-ups/<int:pk>/", top_ups.detail, name="top-up-detail"),
    path("balance/top-ups/<int:pk>/pay/", top_ups.pay, name="top-up-pay"),
    path("webhooks/stripe/", webhook.stripe_webhook, name="stripe-webhook"),
]
