from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        # Both need models, which exist only from here on: the one place where an import must wait.
        from core import handing  # noqa: PLC0415
        from marketplace.reactions import REACTIONS  # noqa: PLC0415

        handing.install(REACTIONS)
