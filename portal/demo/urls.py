"""Addresses of the demonstration; they exist in demonstration mode only."""

from django.urls import path

from portal.demo import views

app_name = "demo"
urlpatterns = [path("desks/", views.desks, name="desks"), path("sit/", views.sit, name="sit")]
