"""What the pages say about promoting: texts to copy, what is honest, what is forbidden (REF-04)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HONEST: tuple[str | Promise, ...] = (
    gettext_lazy("Your own site, blog, newsletter or video channel, with a link or one of the banners."),
    gettext_lazy("Your own profiles in social networks, and groups whose rules allow it."),
    gettext_lazy("Telling people you know, and clients who need a service that you do not offer."),
    gettext_lazy("Honest reviews and guides that say the link is yours and pays you."),
)
FORBIDDEN: tuple[str | Promise, ...] = (
    gettext_lazy("Spam: mass letters, messages or comments that nobody asked for."),
    gettext_lazy("Registering through your own link, or several accounts of one person."),
    gettext_lazy(
        "Orders that are placed only for the reward, for instance back and forth between you and your referrals."
    ),
    gettext_lazy("Promising what the site does not give, speaking in its name, or copying its pages."),
    gettext_lazy("Ads in search engines for the site's own name, hidden redirects, pop-ups, paid clicks."),
    gettext_lazy("Paying people, or giving them anything else, for registering."),
)


def texts(site: str, address: str) -> list[str]:
    """Ready texts around the link, plain and short."""
    names = {"site": site, "address": address}
    return [
        _("I order small jobs on %(site)s: a fixed price, paid only once the work is accepted. %(address)s") % names,
        _("Need a logo, a text or a bug mended? On %(site)s you see price and deadline before you order: %(address)s")
        % names,
        _("I sell my services on %(site)s. The money is set aside before I start: %(address)s") % names,
    ]
