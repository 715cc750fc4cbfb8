from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        # All need models, which exist only from here on: the one place where an import must wait.
        from core import handing  # noqa: PLC0415
        from finance import proof  # noqa: PLC0415
        from marketplace.proofs import LAWS, RECONCILED  # noqa: PLC0415
        from marketplace.reactions import REACTIONS  # noqa: PLC0415
        from marketplace.slots import CLOCKS  # noqa: PLC0415
        from orders.queries import clocks  # noqa: PLC0415

        handing.install(REACTIONS)
        clocks.install(CLOCKS)
        proof.install(LAWS, RECONCILED)
