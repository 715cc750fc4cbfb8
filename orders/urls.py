"""Addresses of this room."""

from django.urls import URLPattern, path

from orders.views.acts import press, write
from orders.views.again import order_again
from orders.views.calendar import calendar, calendar_page
from orders.views.checkout import checkout
from orders.views.choice import order_form
from orders.views.files import order_file
from orders.views.lists import orders
from orders.views.offers import answer, fund, offer
from orders.views.page import order

urlpatterns: list[URLPattern] = [
    path("kworks/<int:pk>/order-form/", order_form, name="order-form"),
    path("checkout/<uuid:token>/", checkout, name="checkout"),
    path("orders/", orders, name="orders"),
    path("orders/calendar/", calendar_page, name="order-calendar-page"),
    path("calendar/<str:token>.ics", calendar, name="order-calendar"),
    path("orders/<str:number>/", order, name="order"),
    path("orders/<str:number>/information/", write, {"verb": "send_information"}, name="order-information"),
    path("orders/<str:number>/start/", press, {"verb": "start"}, name="order-start"),
    path("orders/<str:number>/remind/", press, {"verb": "remind"}, name="order-remind"),
    path("orders/<str:number>/deliver/", write, {"verb": "deliver"}, name="order-deliver"),
    path("orders/<str:number>/accept/", press, {"verb": "accept"}, name="order-accept"),
    path("orders/<str:number>/return/", write, {"verb": "return"}, name="order-return"),
    path("orders/<str:number>/message/", write, {"verb": "write"}, name="order-message"),
    path("orders/<str:number>/again/", order_again, name="order-again"),
    path("orders/<str:number>/offer/", offer, name="order-offer"),
    path("orders/<str:number>/offers/<int:pk>/accept/", answer, {"verb": "accept"}, name="order-offer-accept"),
    path("orders/<str:number>/offers/<int:pk>/decline/", answer, {"verb": "decline"}, name="order-offer-decline"),
    path("orders/<str:number>/offers/<int:pk>/withdraw/", answer, {"verb": "withdraw"}, name="order-offer-withdraw"),
    path("orders/<str:number>/offers/<int:pk>/fund/", fund, name="order-offer-fund"),
    path("orders/<str:number>/files/<uuid:upload>/", order_file, name="order-file"),
]
