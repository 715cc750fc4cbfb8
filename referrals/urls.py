"""Addresses of this room."""

from django.urls import URLPattern, path

from referrals.views import banners, group, link, page

urlpatterns: list[URLPattern] = [
    path("r/<str:code>/", link.follow, name="referral-link"),
    path("referrals/", page.overview, name="referrals"),
    path("referrals/people/", page.people, name="referral-people"),
    path("referrals/months/", page.months, name="referral-months"),
    path("referrals/group/", group.group, name="referral-group"),
    path("referrals/banners/", banners.gallery, name="referral-banners"),
    path("referrals/banners/<str:size>.svg", banners.picture, name="referral-banner"),
]
