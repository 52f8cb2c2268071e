"""`faces doctor`, `faces reset-password`: when something is wrong."""

import click

from faces.django_side import database_ready
from faces.group import Command
from faces.output import as_json, show


@click.command(cls=Command, example="faces doctor")
@as_json
def doctor(as_json: bool) -> None:
    """Find what is wrong, and say what to do."""
    from faces.doctor.examination import examine
    from faces.doctor.finding import State

    found = []
    for one in examine():
        found.append(one)
        if not as_json:
            click.echo(one.line())
    problems = sum(one.state == State.PROBLEM for one in found)
    last = f"\n{problems} to mend." if problems else "\nAll is well."
    show(last, [one.value() for one in found], as_json)
    if problems:
        raise SystemExit(1)


@click.command("reset-password", cls=Command, example="faces reset-password admin")
@click.argument("user", required=False)
@click.option("--ask", is_flag=True, help="Type the new password, instead of getting one.")
@as_json
def reset_password(user: str | None, ask: bool, as_json: bool) -> None:
    """Give a user a new password, and unlock it."""
    with database_ready():
        from faceweb.access.passwords import set_password, who_is_meant

        found = who_is_meant(user)
        typed = _typed() if ask else None
        password = set_password(found, typed)
    name = found.get_username()
    text = f"{name} has the new password now." if typed else f"user {name}, password {password}"
    show(text, {"user": name, "password": None if typed else password}, as_json)


def _typed() -> str:
    return str(click.prompt("New password", hide_input=True, confirmation_prompt=True))


COMMANDS = (doctor, reset_password)
