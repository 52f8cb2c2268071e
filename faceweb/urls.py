"""Which view answers which address."""

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from faceweb import views
from faceweb.api.v1 import api
from faceweb.compreface.v1 import api as compreface
from faceweb.pages import adding, compare, history, people, recognise, teams, unknown, videos
from faceweb.pages.batches import pages as batches
from faceweb.pages.faces import picture, saying, taking_back
from faceweb.pages.watching import pages as watching
from faceweb.rekognition import view as rekognition
from faceweb.watch import fleet_pages, operations

urlpatterns = [
    path("", views.home, name="home"),
    path("jobs/<uuid:job_id>", views.job_detail, name="job"),
    path("jobs/<uuid:job_id>/thumbnail", history.thumbnail, name="thumbnail"),
    path("jobs/<uuid:job_id>/picture", history.picture, name="picture"),
    path("jobs/<uuid:job_id>/face/<int:number>", history.face, name="face"),
    path("jobs/<uuid:job_id>/faces", picture.faces, name="job-faces"),
    path("faces/say", saying.say, name="say"),
    path("faces/undo", taking_back.take_back, name="undo"),
    path("recognise", recognise.recognise, name="recognise"),
    path("jobs/<uuid:job_id>/cancel", recognise.cancel_waiting, name="job-cancel"),
    path("videos", videos.videos, name="videos"),
    path("videos/<uuid:video_id>", videos.video, name="video"),
    path("videos/<uuid:video_id>/film", watching.film, name="film"),
    path("videos/<uuid:video_id>/frames/<int:number>", watching.frame, name="video-frame"),
    path(
        "videos/<uuid:video_id>/frames/<int:number>/picture",
        watching.frame,
        {"pixels": watching.LARGE_PIXELS},
        name="frame-picture",
    ),
    path("videos/<uuid:video_id>/frames/<int:number>/faces", watching.faces, name="frame-faces"),
    path(
        "videos/<uuid:video_id>/frames/<int:number>/faces/<int:place>",
        watching.face,
        name="video-face",
    ),
    path("videos/<uuid:video_id>/delete", videos.delete, name="video-delete"),
    path("batches", batches.begin, name="batch-begin"),
    path("batches/<uuid:batch_id>", batches.batch, name="batch"),
    path("batches/<uuid:batch_id>/pictures", batches.add, name="batch-add"),
    path("batches/<uuid:batch_id>/change", batches.change, name="batch-change"),
    re_path(
        r"^batches/(?P<batch_id>[0-9a-f-]{36})/pictures\.(?P<form>csv|json)$",
        batches.export,
        name="batch-export",
    ),
    path("compare", compare.compare, name="compare"),
    path("compare/<str:name>/picture", compare.drop, name="compare-drop"),
    path("history", history.history, name="history"),
    path("people", people.people, name="people"),
    path("people/add", adding.adding, name="adding"),
    path("people/added", adding.add, name="add"),
    path("people/names", people.names, name="names"),
    path("people/<str:person_id>", people.person, name="person"),
    path("people/<str:person_id>/picture", people.picture, name="person-picture"),
    path("people/<str:person_id>/picture/<str:example_id>", people.picture, name="example-picture"),
    path("collections/choose", teams.choose, name="choose-collection"),
    path("teams", teams.all_teams, name="teams"),
    path("teams/<int:team_id>", teams.team, name="team"),
    path("unknown", unknown.unknown, name="unknown"),
    path("fleet", fleet_pages.fleet, name="fleet"),
    path("fleet/history", fleet_pages.history, name="fleet-history"),
    path("fleet/events", fleet_pages.events, name="fleet-events"),
    path("fleet/orders", fleet_pages.order, name="fleet-order"),
    path("fleet/burst", fleet_pages.send_burst, name="fleet-burst"),
    path("unknown/merge", unknown.merge, name="unknown-merge"),
    path("unknown/dismissed", unknown.dismissed, name="dismissed"),
    path("unknown/dismissed/again", unknown.again, name="unknown-again"),
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
    path("api/docs", RedirectView.as_view(url="/api/v1/docs"), name="api-docs"),
    path("api/v1/", api.urls),
    path("api/v1/", compreface.urls),
    re_path("^rekognition/?$", rekognition.rekognition, name="rekognition"),
    path("admin/", admin.site.urls),
]

handler400 = "faceweb.pages.errors.unreadable"
handler403 = "faceweb.pages.errors.not_allowed"
handler404 = "faceweb.pages.errors.not_found"
handler500 = "faceweb.pages.errors.our_fault"
