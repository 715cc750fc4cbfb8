"""The tables of money: the ledger and everything that moves it."""

from finance.models.ledger import (
    CHARGEBACK_REFERENCE,
    KEPT_KINDS,
    TOP_UP_REFERENCE,
    WITHDRAWAL_REFERENCE,
    Account,
    AccountKind,
    Entry,
    Posting,
    Verb,
)
from finance.models.lots import Lot, LotMove
from finance.models.offline import (
    CAN_BOUNCE,
    OfflineEvidence,
    OfflinePayment,
    OfflineStatus,
    OfflineWay,
    evidence_key,
)
from finance.models.promo import PromoCode, PromoUse
from finance.models.proofs import Document, DocumentKind, DocumentSeries, ProofRun, SealedDay
from finance.models.provider import ProviderEvent, ProviderMovement
from finance.models.tax import Residence, TaxAnswer, TaxForm, TaxFormKind, TaxReading
from finance.models.top_ups import (
    HERE_AGAIN,
    PAYMENT_FAILED,
    SENT_BACK,
    Chargeback,
    ChargebackStatus,
    Method,
    TopUp,
    TopUpStatus,
)
from finance.models.withdrawals import Approval, Batch, BatchStatus, PayoutDetails, Withdrawal, WithdrawalStatus

__all__ = [
    "CAN_BOUNCE",
    "CHARGEBACK_REFERENCE",
    "HERE_AGAIN",
    "KEPT_KINDS",
    "PAYMENT_FAILED",
    "SENT_BACK",
    "TOP_UP_REFERENCE",
    "WITHDRAWAL_REFERENCE",
    "Account",
    "AccountKind",
    "Approval",
    "Batch",
    "BatchStatus",
    "Chargeback",
    "ChargebackStatus",
    "Document",
    "DocumentKind",
    "DocumentSeries",
    "Entry",
    "Lot",
    "LotMove",
    "Method",
    "OfflineEvidence",
    "OfflinePayment",
    "OfflineStatus",
    "OfflineWay",
    "PayoutDetails",
    "Posting",
    "PromoCode",
    "PromoUse",
    "ProofRun",
    "ProviderEvent",
    "ProviderMovement",
    "Residence",
    "SealedDay",
    "TaxAnswer",
    "TaxForm",
    "TaxFormKind",
    "TaxReading",
    "TopUp",
    "TopUpStatus",
    "Verb",
    "Withdrawal",
    "WithdrawalStatus",
    "evidence_key",
]
