"""Addresses of shelters and of a child's beds; they come before those of the file's sections, which take any word."""

from django.urls import path

from shelters.views import find, licences, own, stays

app_name = "shelters"
CHILD = "children/<uuid:child_id>/"
STAY = CHILD + "beds/<uuid:placement_id>/"
SHELTER = "shelters/<uuid:shelter_id>/"

urlpatterns = [
    path("shelters/", find.find, name="find"),
    path("shelters/new/", own.new, name="new"),
    path("shelters/holds/<uuid:placement_id>/", own.asked, name="asked"),
    path("shelters/holds/<uuid:placement_id>/turn-down/", own.turn_down, name="turn_down"),
    path(SHELTER, own.shelter, name="shelter"),
    path(SHELTER + "change/", own.change, name="change"),
    path(SHELTER + "address/", own.address, name="address"),
    path(SHELTER + "licence/", licences.licence, name="licence"),
    path(SHELTER + "count/", own.count, name="count"),
    path(SHELTER + "beds/add/", own.add_bed, name="add_bed"),
    path(SHELTER + "beds/<uuid:bed_id>/", own.bed, name="bed"),
    path(CHILD + "find-a-bed/", find.find_for, name="find_for"),
    path(CHILD + "beds/", stays.placements, name="placements"),
    path(STAY, stays.placement, name="placement"),
    path(STAY + "renew/", stays.renew, name="renew"),
    path(STAY + "release/", stays.release, name="release"),
    path(STAY + "admit/", stays.admit, name="admit"),
    path(STAY + "change-bed/", stays.change_bed, name="change_bed"),
    path(STAY + "end/", stays.end, name="end"),
]
