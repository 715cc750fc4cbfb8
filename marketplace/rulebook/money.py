"""FIN: balances and payments."""

from django.utils.translation import gettext_lazy as _

from core.formats import percent
from finance import rules
from marketplace.rulebook.rule import Rule

RULES = [
    Rule(
        "FIN-01",
        _(
            "You have a main and a bonus balance. Bonus money can only be spent on orders and goes first unless you "
            "choose otherwise; refunds return to where each part came from."
        ),
    ),
    Rule(
        "FIN-02",
        _(
            "You add from %(least)s to %(most)s by card on the payment system's own page. The balance rises as soon as "
            "the payment is confirmed, exactly once."
        ),
        {"least": rules.TOP_UP_LEAST, "most": rules.TOP_UP_MOST},
    ),
    Rule(
        "FIN-03",
        _(
            "A payment that fails or is not made is shown as such and adds nothing. When a bank takes a payment back, the "
            "sum leaves the balance; what the balance lacks is owed and taken from what comes in later, before it can be "
            "spent. Until the bank has decided and nothing is owed, nothing can be withdrawn. Decided for us, everything "
            "returns as it was. A payment that is sent back to what it was made with, or fails after it was added, leaves the "
            "balance in the same way. The receipt of such a payment says so. "
            "When another sum arrives than was asked for, you are told, staff look at it and credit what was received."
        ),
    ),
    Rule(
        "FIN-04",
        _(
            "A promo code adds its amount to your bonus balance, within its dates, as often in all and for each user as "
            "it says. Staff may give a bonus of up to %(most)s, with a reason that you are told. You can try %(tries)s "
            "codes in %(within)s."
        ),
        {"most": rules.BONUS_MOST, "tries": rules.PROMO_GUESSES.most, "within": rules.PROMO_GUESSES.within},
    ),
    Rule(
        "PAY-01",
        _(
            "Where the site offers it, you also pay with PayPal or Alipay on the payment system's page, or by bank "
            "transfer, money order or check: announce from %(least)s to %(most)s, send it with the reference that you "
            "get, and it is on your balance once staff have found it; from %(second)s on, in one or several sums within "
            "%(within)s, once two of them have. The goal is %(goal)s of business time from the announcement, "
            "as long as the money has arrived by then. By which way it came counts, not how "
            "it was announced. What came by check or money order can be "
            "spent at once, and withdrawn after %(bound)s. "
            "What turns out not to be good, such as a check that bounced, is taken back with a reason: the sum leaves the "
            "balance, withdrawals not sent yet are stopped, and what the balance lacks is owed as under FIN-03."
        ),
        {
            "least": rules.OFFLINE_LEAST,
            "most": rules.OFFLINE_MOST,
            "goal": rules.OFFLINE_GOAL,
            "second": rules.OFFLINE_SECOND_FROM,
            "within": rules.OFFLINE_SECOND_WITHIN,
            "bound": rules.OFFLINE_BOUND_FOR,
        },
    ),
    Rule(
        "PAY-02",
        _(
            "What a seller earns is on the main balance at once when the order is completed; until then it is held in escrow."
        ),
    ),
    Rule(
        "PAY-03",
        _("Withdrawals are paid on the next payment date, less the fee: see WDR-01 and WDR-03."),
    ),
    Rule(
        "TAX-01",
        _(
            "Before the first withdrawal of earnings you sign a tax form: W-9 for citizens and residents of the United States, "
            "W-8BEN for who lives elsewhere. Who has never earned anything here, by orders, mediation, referrals or groups, "
            "needs none. Who lives in the United States without citizenship and without permission to work may not sell here, "
            "and can spend what was earned all the same but not withdraw it. Forms are stored encrypted and read by finance "
            "staff only; every reading is noted, and they are never used for anything else."
        ),
    ),
    Rule(
        "FIN-05",
        _(
            "Your balance page lists every movement with its date, kind, order, amount and the balance after it, filtered as "
            "you like. You can download it as a table (CSV) and as a statement (PDF, up to %(most)s movements). Each "
            "top-up has a receipt and each paid order an invoice, numbered without gaps."
        ),
        {"most": rules.STATEMENT_PRINTED_MOST},
    ),
    Rule(
        "FIN-06",
        _(
            "All money moves in a double-entry ledger of balanced entries that are never changed or deleted. No "
            "user's balance can fall below zero; the database itself refuses it. Every day is sealed under a hash chained "
            "to the day before, and your statement can prove each of its sealed lines to anybody."
        ),
    ),
    Rule(
        "FIN-07",
        _(
            "At any time, what users have, what orders hold, what is on its way to them and what the site earned add up to "
            "the money received less the money paid out. The site proves it every %(every)s and shows the totals of each "
            "day to everybody. Its commission is %(commission)s of the price."
        ),
        {"every": rules.PROOF_EVERY, "commission": percent(rules.COMMISSION_BASIS_POINTS)},
    ),
    Rule(
        "ESC-01",
        _(
            "What a buyer pays is held in escrow, shown as such to both sides, and leaves it only when the buyer accepts, when "
            "time completes the order, or by a decision."
        ),
    ),
    Rule(
        "ESC-02",
        _(
            "Before anybody agrees to a price, both sides see what the buyer pays, what the seller receives and what the site "
            "takes of it: %(commission)s. Nothing is added to the price, and no taxes are withheld."
        ),
        {"commission": percent(rules.COMMISSION_BASIS_POINTS)},
    ),
]
