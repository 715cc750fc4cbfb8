"""Addresses of statements, documents and the public proof."""

from django.urls import path

from finance.views import documents, proof, statements

urlpatterns = [
    path("balance/statement.csv", statements.as_table, name="statement-csv"),
    path("balance/statement.pdf", statements.as_document, name="statement-pdf"),
    path("balance/statement.json", statements.with_proof, name="statement-json"),
    path("balance/documents/", documents.all_documents, name="documents"),
    path("balance/documents/<str:kind>/<int:number>/", documents.as_pdf, name="document"),
    path("proof/", proof.proof, name="proof"),
    path("proof/verifier.py", proof.verifier_file, name="proof-verifier"),
    path("proof/roots.json", proof.roots_file, name="proof-roots"),
]
