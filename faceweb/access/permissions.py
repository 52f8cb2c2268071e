"""The permissions that pages and admin ask a user for, and the roles that come with the system.

Their names are those of Django's admin.

Pages and admin ask for the same: a user without the permission to view jobs sees none anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import Group, Permission
    from django.db.models import Manager

VIEW_JOB = "faceweb.view_job"
ADD_JOB = "faceweb.add_job"
DELETE_JOB = "faceweb.delete_job"
VIEW_VIDEO = "faceweb.view_video"
ADD_VIDEO = "faceweb.add_video"
DELETE_VIDEO = "faceweb.delete_video"
VIEW_PERSON = "faceweb.view_subject"
CHANGE_PERSON = "faceweb.change_subject"
DELETE_PERSON = "faceweb.delete_subject"
DELETE_EXAMPLE = "faceweb.delete_examplepicture"
VIEW_FLEET = "scaler.view_look"
STEER_FLEET = "scaler.add_order"

VIEWER = frozenset(
    {
        VIEW_JOB, VIEW_VIDEO, VIEW_PERSON, VIEW_FLEET, "faceweb.view_examplepicture",
        "faceweb.view_deadletter", "faceweb.view_webhook", "scaler.view_lease",
        "scaler.view_lifeline", "scaler.view_order",
    }
)  # fmt: skip
"""Looks at everything but keys and the audit log, and changes nothing."""

OPERATOR = VIEWER | {
    ADD_JOB, ADD_VIDEO, DELETE_VIDEO, CHANGE_PERSON, DELETE_PERSON, DELETE_EXAMPLE,
    DELETE_JOB, "faceweb.change_deadletter", "faceweb.change_webhook", STEER_FLEET,
}  # fmt: skip
"""Does the daily work: pictures, videos, people. Users and keys are the administrator's."""

MANAGE_COLLECTIONS = "faceweb.change_collection"

OF_SYSTEM = frozenset(
    {
        VIEW_FLEET,
        STEER_FLEET,
        "scaler.view_order",
        "faceweb.view_deadletter",
        "faceweb.change_deadletter",
        "scaler.view_lease",
    }
)
"""What no team gives: it tells of everybody's pictures."""

OF_ROLE = {
    "viewer": VIEWER - OF_SYSTEM,
    "operator": OPERATOR - OF_SYSTEM,
    "owner": OPERATOR - OF_SYSTEM | {MANAGE_COLLECTIONS},
}
"""What a member of a team may do in its collections."""

ROLES = {"viewer": VIEWER, "operator": OPERATOR}


def make_roles(groups: Manager[Group], permissions: Manager[Permission]) -> None:
    """Make the groups that are not there yet, by the managers of groups and permissions. A group
    that is there is as its administrator wants it."""
    for name, wanted in ROLES.items():
        group, is_new = groups.get_or_create(name=name)
        for permission in sorted(wanted) if is_new else ():
            label, _, codename = permission.partition(".")
            group.permissions.add(permissions.get(content_type__app_label=label, codename=codename))
