"""A case of arbitration as one document with its evidence (ARB-08). Times are in UTC; pictures are named, not embedded."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from arbitration.models import CancelRequest, Case, CaseStatus, Rejection, Settlement
from arbitration.queries import dossier
from arbitration.queries.dossier import Spoken
from core import formats
from core.money import Money
from core.pdf import Pdf
from orders.models import Order
from orders.queries import story
from orders.queries.clocks import in_words, lead_time
from orders.queries.story import Said
from orders.queries.timeline import timeline
from orders.rules import CAUSES, Terms


def document(case: Case, *, notes: bool, by: User, now: datetime) -> bytes:
    """The case as a PDF, made by and at; private notes are in it only when asked for."""
    with timezone.override(UTC):
        made = {"name": by.shown_name, "login": by.login, "at": _exact(now)}
        pdf = Pdf(
            title=_("Case of order %(number)s") % {"number": case.order.number},
            author=settings.SITE_NAME,
            running=_("%(site)s · Arbitration · order %(number)s") % {"site": settings.SITE_NAME, "number": case.order},
            foot=_("Made %(at)s by %(name)s (%(login)s)") % made,
        )
        spoken, thread = dossier.spoken(case, notes=notes), story.thread(case.order, by)
        _front(pdf, case, notes=notes)
        _decision(pdf, case)
        _terms(pdf, case.order)
        _timeline(pdf, case.order)
        _disagreements(pdf, case.order)
        _case(pdf, case, spoken)
        _messages(pdf, case.order, thread)
        _files(pdf, thread, spoken)
        _money(pdf, case.order)
        _log(pdf, case)
        return pdf.content()


def _exact(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _person(user: User) -> str:
    return f"{user.shown_name} ({user.login})"


def _front(pdf: Pdf, case: Case, *, notes: bool) -> None:
    order = case.order
    pdf.heading(_("Case of order %(number)s") % {"number": order.number})
    facts = [
        (_("Order"), f"{order.number} · {order.title}"),
        (_("Category"), _category(order)),
        (_("Buyer"), _person(order.buyer)),
        (_("Seller"), _person(order.seller)),
        (_("Price"), formats.money(order.total)),
        (_("Order placed"), _exact(order.placed_at)),
        (_("Order is now"), order.get_status_display()),
        (_("Case opened"), _exact(case.at)),
        (_("Opened by"), f"{_person(case.opened_by)}, {dossier.role_of(order, case.opened_by_id)}"),
        (_("Case is now"), case.get_status_display()),
        (_("Taken by"), _person(case.arbiter) if case.arbiter else _("Nobody")),
    ]
    if case.closed_at:
        facts.append((_("Case closed"), _exact(case.closed_at)))
    pdf.facts(facts)
    pdf.text(
        _("With private notes of support staff.") if notes else _("Without private notes of support staff."), "soft"
    )
    pdf.text(
        _("All times are in UTC. A character shown as [U+…] is one that these letters lack, by its number."), "soft"
    )


def _category(order: Order) -> str:
    category = order.kwork.category
    section = category.parent if category else None
    return " / ".join(str(each) for each in (section, category) if each) or "—"


def _decision(pdf: Pdf, case: Case) -> None:
    pdf.heading(_("Decision"), 2)
    if case.status == CaseStatus.OPEN:
        pdf.text(_("The case is open: nothing has been decided."))
        return
    facts = [(_("How it ended"), case.get_status_display())]
    if case.refunded is not None and case.paid is not None:
        facts += _shares(case.order.total, case.refunded, case.paid)
    if case.favor:
        facts.append((_("In favor of"), case.get_favor_display()))
        facts.append((_("The demands went beyond the order"), _("Yes") if case.beyond_order else _("No")))
    pdf.facts(facts)
    if case.reason:
        pdf.heading(_("Reason"), 3)
        pdf.text(case.reason, "quoted")


def _shares(total: Money, refunded: Money, paid: Money) -> list[tuple[str, str]]:
    return [
        (_("To the buyer"), formats.money(refunded)),
        (_("To the seller"), formats.money(paid)),
        (_("Commission"), formats.money(total - refunded - paid)),
    ]


def _terms(pdf: Pdf, order: Order) -> None:
    terms = in_words(Terms(**order.terms))
    pdf.heading(_("What was ordered, and under which terms"), 2)
    rows = [[order.title, str(order.quantity), formats.money(order.unit_price), formats.money(_base(order))]]
    rows += [
        [line.title, str(line.quantity), formats.money(line.price), formats.money(line.total)]
        for line in order.lines.all()
    ]
    head = [_("What"), _("Quantity"), _("Each"), _("Sum")]
    pdf.table(head, rows, (10, 3, 3, 3), numbers=(1, 2, 3))
    pdf.facts(
        [
            (_("Total"), formats.money(order.total)),
            (_("Volume of one"), order.volume or "—"),
            (_("Lead time"), lead_time(order.lead_hours)),
            (_("How the buyer can leave it"), order.get_policy_display()),
            (_("The seller starts within"), terms["start_within"]),
            (_("The buyer answers a delivery within"), terms["review_within"]),
            (_("A mistake can be canceled within"), terms["mistake_within"]),
            (_("Silence lets the other side cancel after"), terms["silent_after"]),
            (_("A request to cancel is answered within"), terms["answer_within"]),
            (_("A rejection takes effect after"), terms["reject_within"]),
            (_("Without any step it is canceled after"), terms["idle_after"]),
            (_("Commission"), _("%(percent)s of the price") % terms),
        ]
    )
    if order.instruction:
        pdf.heading(_("What the seller asked of the buyer"), 3)
        pdf.text(order.instruction, "quoted")


def _base(order: Order) -> Money:
    return order.unit_price * order.quantity


def _timeline(pdf: Pdf, order: Order) -> None:
    pdf.heading(_("What happened in the order"), 2)
    rows = [[_exact(line.at), line.actor, str(line.text)] for line in timeline(order)]
    pdf.table([_("Time"), _("Who"), _("What")], rows, (3, 3, 6))


def _disagreements(pdf: Pdf, order: Order) -> None:
    """Requests to cancel and rejections with everything that was written, and offers inside the order."""
    requests = list(CancelRequest.objects.filter(order=order).select_related("by"))
    rejections = list(Rejection.objects.filter(order=order).select_related("by"))
    if requests or rejections:
        pdf.heading(_("Requests to cancel and rejections"), 2)
    for each in requests:
        facts = {"cause": CAUSES.get(each.rule, each.rule), "status": each.get_status_display()}
        pdf.heading(f"{_person(each.by)} · {_exact(each.at)}", 3)
        pdf.text(_("Asked to cancel: %(cause)s (%(status)s)") % facts)
        pdf.text(each.text or "—", "quoted")
        if each.answer:
            pdf.text(_("Answered at %(at)s:") % {"at": _exact(each.answered_at or each.at)})
            pdf.text(each.answer, "quoted")
    for rejection in rejections:
        pdf.heading(f"{_person(rejection.by)} · {_exact(rejection.at)}", 3)
        pdf.text(_("Rejected the job (%(status)s)") % {"status": rejection.get_status_display()})
        pdf.text(rejection.text, "quoted")
    _offers(pdf, order)


def _offers(pdf: Pdf, order: Order) -> None:
    offers = list(order.offers.order_by("pk"))
    if not offers:
        return
    pdf.heading(_("Offers inside the order"), 2)
    rows = [
        [_exact(each.at), each.title, str(each.quantity), formats.money(each.total), each.get_status_display()]
        for each in offers
    ]
    head = [_("Time"), _("What"), _("Quantity"), _("Sum"), _("What became of it")]
    pdf.table(head, rows, (4, 6, 3, 3, 4), numbers=(2, 3))


def _case(pdf: Pdf, case: Case, spoken: list[Spoken]) -> None:
    pdf.heading(_("What was said in the case"), 2)
    for one in spoken:
        pdf.heading(f"{one.heading} · {_person(one.entry.author)}, {one.role} · {_exact(one.entry.at)}", 3)
        pdf.text(one.entry.text, "quoted")
        _attached(pdf, [file.name for file in one.files])
    found = dossier.settlements(case)
    if found:
        pdf.heading(_("Proposals to settle"), 2)
        head = [_("Time"), _("By"), _("To the buyer"), _("Of"), _("What became of it")]
        pdf.table(head, [_proposal(each) for each in found], (3, 3, 2, 2, 3), numbers=(2, 3))
        for each in found:
            if each.text:
                pdf.heading(f"{each.by.shown_name} · {_exact(each.at)}", 3)
                pdf.text(each.text, "quoted")


def _proposal(each: Settlement) -> list[str]:
    sums = [formats.money(each.refunded), formats.money(each.total)]
    return [_exact(each.at), _person(each.by), *sums, each.get_status_display()]


def _messages(pdf: Pdf, order: Order, thread: list[Said]) -> None:
    pdf.heading(_("Messages and deliveries"), 2)
    if not thread:
        pdf.text(_("Nothing was written."))
    for said in thread:
        message = said.message
        author = f"{_person(message.author)}, {dossier.role_of(order, message.author_id)}"
        pdf.heading(f"{said.note or _('Message')} · {author} · {_exact(message.at)}", 3)
        if message.text:
            pdf.text(message.text, "quoted")
        _attached(pdf, [file.name for file in said.files])


def _attached(pdf: Pdf, names: list[str]) -> None:
    if names:
        pdf.text(_("Files: %(names)s") % {"names": ", ".join(names)}, "soft")


def _files(pdf: Pdf, thread: list[Said], spoken: list[Spoken]) -> None:
    pdf.heading(_("Files"), 2)
    found = dossier.evidence(thread, spoken)
    if not found:
        pdf.text(_("There are none."))
        return
    rows = [
        [each.upload.name, each.place, each.owner, _exact(each.upload.at), str(each.upload.size), each.upload.sha256]
        for each in found
    ]
    head = [_("Name"), _("With"), _("From"), _("Received"), _("Bytes"), _("SHA-256")]
    pdf.table(head, rows, (4, 3, 3, 3, 2, 6), numbers=(4,))


def _money(pdf: Pdf, order: Order) -> None:
    pdf.heading(_("The order's money in the ledger"), 2)
    rows = [
        [_exact(each.at), each.key, each.verb, each.account, each.by, formats.money(each.amount)]
        for each in dossier.moved(order)
    ]
    head = [_("Time"), _("Entry"), _("What"), _("Account"), _("By"), _("Amount")]
    pdf.table(head, rows, (3, 3, 3, 5, 3, 2), numbers=(5,))


def _log(pdf: Pdf, case: Case) -> None:
    pdf.heading(_("Log of the case"), 2)
    rows = [[_exact(each.at), each.actor, each.words] for each in dossier.log(case)]
    pdf.table([_("Time"), _("Who"), _("Step")], rows, (3, 3, 6))
