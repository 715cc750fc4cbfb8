"""Addresses of this room."""

from django.urls import URLPattern, path

from arbitration.views import desk, desk_acts, desk_files, dispute, mediation
from arbitration.views import help as assistance
from arbitration.views.files import case_file

urlpatterns: list[URLPattern] = [
    path("orders/<str:number>/help/", assistance.order_help, name="order-help"),
    path("orders/<str:number>/cancel/", assistance.cancel, name="order-cancel"),
    path("orders/<str:number>/reject/", assistance.reject, name="order-reject"),
    path("orders/<str:number>/arbitration/", assistance.open_case, name="order-arbitration"),
    path("orders/<str:number>/prohibited/", assistance.prohibited, name="order-prohibited"),
    path("orders/<str:number>/dispute/", dispute.order_dispute, name="order-dispute"),
    path("orders/<str:number>/dispute/decline/", dispute.decline, name="request-decline"),
    path("orders/<str:number>/dispute/hire/", dispute.hire, name="mediator-hire"),
    path("orders/<str:number>/dispute/state/", dispute.state, name="case-state"),
    path("orders/<str:number>/dispute/split/", dispute.split, name="split-preview"),
    path("orders/<str:number>/dispute/offer/", dispute.offer, name="settlement-offer"),
    *[
        path(f"orders/<str:number>/dispute/{verb}/", dispute.press, {"verb": verb}, name=f"dispute-{verb}")
        for verb in dispute.PRESSES
    ],
    *[
        path(
            f"orders/<str:number>/settlements/<int:pk>/{verb}/",
            dispute.answer,
            {"verb": verb},
            name=f"settlement-{verb}",
        )
        for verb in ("agree", "decline")
    ],
    path("orders/<str:number>/case/files/<uuid:upload>/", case_file, name="case-file"),
    path("mediations/", mediation.mediations, name="mediations"),
    path("mediations/<int:pk>/", mediation.mediation, name="mediation"),
    path("mediations/<int:pk>/propose/", mediation.propose, name="mediation-propose"),
    path("mediations/<int:pk>/split/", mediation.split, name="mediation-split-preview"),
    path("mediations/<int:pk>/files/<uuid:upload>/", mediation.mediation_file, name="mediation-file"),
    path("desk/", desk.queue, name="desk"),
    path("desk/cases/<int:pk>/", desk.case_page, name="desk-case"),
    path("desk/cases/<int:pk>/claim/", desk_acts.claim, name="desk-claim"),
    path("desk/cases/<int:pk>/ask/", desk_acts.ask, name="desk-ask"),
    path("desk/cases/<int:pk>/note/", desk_acts.note, name="desk-note"),
    path("desk/cases/<int:pk>/decide/", desk_acts.decide, name="desk-decide"),
    path("desk/cases/<int:pk>/files/<uuid:upload>/", desk_files.case_file, name="desk-file"),
    path("desk/cases/<int:pk>/export.pdf", desk_files.case_export, name="desk-export"),
]
