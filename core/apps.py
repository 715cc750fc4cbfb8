from django.apps import AppConfig
from django.forms import ChoiceField
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        # Django's own sentence repeats what was sent, however long that is.
        ChoiceField.default_error_messages["invalid_choice"] = _("Choose one of those that are offered.")
