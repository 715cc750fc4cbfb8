"""Addresses of this room."""

from django.urls import URLPattern, path

from orders.views.acts import press, write
from orders.views.checkout import checkout
from orders.views.choice import order_form
from orders.views.files import order_file
from orders.views.lists import orders
from orders.views.page import order

urlpatterns: list[URLPattern] = [
    path("kworks/<int:pk>/order-form/", order_form, name="order-form"),
    path("checkout/<uuid:token>/", checkout, name="checkout"),
    path("orders/", orders, name="orders"),
    path("orders/<str:number>/", order, name="order"),
    path("orders/<str:number>/information/", write, {"verb": "send_information"}, name="order-information"),
    path("orders/<str:number>/start/", press, {"verb": "start"}, name="order-start"),
    path("orders/<str:number>/deliver/", write, {"verb": "deliver"}, name="order-deliver"),
    path("orders/<str:number>/accept/", press, {"verb": "accept"}, name="order-accept"),
    path("orders/<str:number>/return/", write, {"verb": "return"}, name="order-return"),
    path("orders/<str:number>/message/", write, {"verb": "write"}, name="order-message"),
    path("orders/<str:number>/files/<uuid:upload>/", order_file, name="order-file"),
]
