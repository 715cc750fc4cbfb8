from django.apps import AppConfig


class KworksConfig(AppConfig):
    name = "kworks"
