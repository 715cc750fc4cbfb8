"""ACC: accounts."""

from django.utils.translation import gettext_lazy as _

from accounts import rules
from marketplace.rulebook.rule import Rule

RULES = [
    Rule(
        "ACC-01",
        _(
            "Anyone of age may register. The form asks to confirm that you are an adult and have read the terms; "
            "the moment and the version of the terms are kept."
        ),
    ),
    Rule(
        "ACC-02",
        _(
            "You register with an e-mail address and a password, or with a Facebook or Google account where the "
            "site offers it."
        ),
    ),
    Rule(
        "ACC-04",
        _(
            "You choose a public login of Latin letters, digits, “-” and “_”. Refused are phone numbers, rude and "
            "reserved words, and what somebody has already taken, in whatever letter case."
        ),
    ),
    Rule(
        "ACC-05",
        _(
            "A letter asks you to confirm your e-mail address and can be sent again. Until then you can browse and "
            "buy, but not create kworks."
        ),
    ),
    Rule(
        "ACC-06",
        _(
            "To change your e-mail, a letter to the present address asks for a yes, within %(link)s. Only then the new "
            "address gets a letter of its own, which works for %(link)s; once it is confirmed there, it is your "
            "account’s. A present address that was never confirmed is not asked."
        ),
        {"link": rules.EMAIL_LINK},
    ),
    Rule(
        "ACC-07",
        _(
            "You can change your login once in your account’s life; another letter case counts. The old one stays "
            "yours: nobody else can ever take it, and the old address of your profile leads to the new one."
        ),
    ),
    Rule(
        "ACC-08",
        _("After a change of e-mail or login payout details cannot be changed for %(freeze)s."),
        {"freeze": rules.IDENTITY_FREEZE},
    ),
    Rule(
        "ACC-10", _("Every account can buy and sell; a switch in the header changes what is shown. The balance is one.")
    ),
    Rule(
        "ACC-11",
        _(
            "A profile shows name, place, picture, headline, skills, languages and a text about you; a meter tells "
            "you what is still missing."
        ),
        later=_("a portfolio and statistics"),
    ),
    Rule(
        "ACC-14",
        _("In the settings you choose your time zone, password, two-factor sign-in and see your sessions."),
        later=_("choosing which notices come by mail, alerts for requests, hiding kworks on weekends"),
    ),
    Rule("ACC-15", _("The page shows how many users are online and when the last order was placed, from real data.")),
]
