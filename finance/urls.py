"""Addresses of the balance, of adding money, and of the provider's webhooks."""

from django.urls import path

from finance.views import balance, offline, payout_desk, promo, tax, top_ups, webhook, withdrawals

urlpatterns = [
    path("balance/", balance.balance, name="balance"),
    path("balance/add/", top_ups.add, name="top-up"),
    path("balance/promo/", promo.redeem, name="promo"),
    path("balance/offline/", offline.own, name="offline"),
    path("balance/offline/<int:pk>/", offline.own_payment, name="offline-payment"),
    path("balance/offline/<int:pk>/cancel/", offline.cancel, name="offline-cancel"),
    path("balance/return/", top_ups.returned, name="top-up-return"),
    path("balance/top-ups/", top_ups.all_top_ups, name="top-ups"),
    path("balance/top-ups/<int:pk>/", top_ups.detail, name="top-up-detail"),
    path("balance/top-ups/<int:pk>/pay/", top_ups.pay, name="top-up-pay"),
    path("balance/chargebacks/<int:pk>/", top_ups.chargeback, name="chargeback"),
    path("settings/tax/", tax.questions, name="tax"),
    path("settings/tax/form/", tax.form, name="tax-form"),
    path("balance/withdraw/", withdrawals.withdraw, name="withdraw"),
    path("balance/withdrawals/", withdrawals.all_withdrawals, name="withdrawals"),
    path("balance/withdrawals/<int:pk>/", withdrawals.detail, name="withdrawal"),
    path("balance/withdrawals/<int:pk>/cancel/", withdrawals.cancel, name="withdrawal-cancel"),
    path("balance/payout-card/", withdrawals.details, name="payout-details"),
    path("balance/payout-card/return/", withdrawals.details_return, name="payout-details-return"),
    path("desk/offline/", offline.queue, name="desk-offline"),
    path("desk/offline/<int:pk>/", offline.payment, name="desk-offline-payment"),
    path("desk/payouts/", payout_desk.payouts, name="payouts"),
    path("desk/payouts/<int:pk>/", payout_desk.batch, name="payout-batch"),
    path("desk/payouts/<int:pk>/approve/", payout_desk.approve, name="payout-approve"),
    path("desk/withdrawals/<int:pk>/reject/", payout_desk.reject, name="payout-reject"),
    path("webhooks/stripe/", webhook.stripe_webhook, name="stripe-webhook"),
]
