"""Addresses of this room."""

from django.urls import URLPattern, path, re_path

from kworks.views import catalogue, editor, kwork, mine, picture

_UPLOAD = r"(?P<upload>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

urlpatterns: list[URLPattern] = [
    path("categories/", catalogue.categories, name="categories"),
    path("categories/<slug:section>/", catalogue.section, name="section"),
    path("categories/<slug:section>/<slug:category>/", catalogue.category, name="category"),
    path("search/", catalogue.search, name="search"),
    path("kworks/<int:pk>-<slug:slug>/", kwork.kwork, name="kwork"),
    path("users/<str:login>/kworks/", catalogue.profile_kworks, name="profile-kworks"),
    path("my/kworks/", mine.my_kworks, name="my-kworks"),
    path("my/kworks/new/", editor.new_kwork, name="kwork-new"),
    path("my/kworks/<int:pk>/edit/", editor.edit_kwork, name="kwork-edit"),
    *(
        path(f"my/kworks/<int:pk>/{verb}/", mine.press, {"verb": verb}, name=f"kwork-{verb}")
        for verb in ("withdraw", "pause", "resume", "discard", "remove")
    ),
    path("my/kworks/<int:pk>/preview/", kwork.preview, name="kwork-preview"),
    re_path(rf"^my/pictures/{_UPLOAD}/(?P<size>card|large)/$", picture.picture, name="kwork-picture"),
]
