"""The two questions about taxes and the forms that follow from them (TAX-01)."""

from finance.forms_tax.signing import QuestionsForm, SignedForm
from finance.forms_tax.w8ben import W8BENForm
from finance.forms_tax.w9 import W9Form
from finance.models import TaxFormKind

FORMS: dict[TaxFormKind, type[SignedForm]] = {TaxFormKind.W9: W9Form, TaxFormKind.W8BEN: W8BENForm}

__all__ = ["FORMS", "QuestionsForm", "SignedForm", "W8BENForm", "W9Form"]
