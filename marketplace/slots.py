"""Which view of a higher room fills which named place on a lower room's page: one screen for all of them."""

SLOTS: dict[str, tuple[str, ...]] = {
    "order.help": ("order-help",),
    "order.feedback": ("order-feedback",),
    "kwork.order": ("order-form",),
    "kwork.feedback": ("kwork-feedback",),
    "profile.kworks": ("profile-kworks",),
    "profile.feedback": ("profile-feedback",),
}
