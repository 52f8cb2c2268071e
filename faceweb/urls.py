"""Which view answers which address."""

from django.contrib import admin
from django.urls import path

from faceweb import views

urlpatterns = [
    path("", views.home, name="home"),
    path("jobs/<uuid:job_id>", views.job_detail, name="job"),
    path("healthz", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
