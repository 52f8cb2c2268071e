"""`faces send`, `faces compare`, `faces load`: pictures in, answers out."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click

from faces.django_side import manage
from faces.errors import Problem
from faces.group import Command
from faces.output import as_json, show
from faces.system import Answer, System, picture, system_at, system_options

AT_ONCE = 8
PICTURE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=Command, example="faces send portrait.jpg")
@click.argument("pictures", type=PICTURE, nargs=-1, required=True, metavar="PICTURE...")
@as_json
@system_options
def send(pictures: tuple[Path, ...], as_json: bool, url: str | None, key: str | None) -> None:
    """Send pictures, and print who is on each."""
    post = partial(_named, system_at(url, key), as_json)
    all_answered = True
    with ThreadPoolExecutor(AT_ONCE) as clients:
        for path, answer in zip(pictures, clients.map(post, pictures), strict=True):
            if answer.status == 200:
                click.echo(answer.text.strip())
            else:
                all_answered = False
                click.echo(f"{path}: {answer.sentence}", err=True)
    if not all_answered:
        raise SystemExit(1)


def _named(system: System, as_json: bool, path: Path) -> Answer:
    if as_json:
        return system.post("api/v1/recognise", picture=picture(path))
    return system.post("", inputFile=picture(path))


@click.command(cls=Command, example="faces compare a.jpg b.jpg")
@click.argument("one", type=PICTURE)
@click.argument("other", type=PICTURE)
@as_json
@system_options
def compare(one: Path, other: Path, as_json: bool, url: str | None, key: str | None) -> None:
    """Tell whether two pictures are one person."""
    answer = system_at(url, key).post("api/v1/verify", picture=picture(one), other=picture(other))
    if answer.status not in (200, 202):
        raise Problem(answer.sentence)
    found = answer.value
    if found["same_person"] is None and not as_json:
        raise Problem(found["detail"] or f"No answer yet: look at {found['job']['url']}.")
    show(_compared(found["same_person"], found["similarity"]), found, as_json)


def _compared(same_person: bool, similarity: float | None) -> str:
    what = "the same person" if same_person else "different people"
    return f"{what} (similarity {similarity or 0:.2f}, 0.5 at the threshold)"


@click.command(cls=Command, example="faces load var/samples")
@click.argument("folder", type=FOLDER)
@click.option("--labels", type=PICTURE, metavar="CSV", help="The right answers: Image,Results.")
@click.option("--requests", type=click.IntRange(1), help="How many (each picture once).")
@click.option("--concurrency", type=click.IntRange(1), default=20, help="At a time (20).")
@click.option("--url", envvar="FACES_URL", help="Another system than this machine's.")
@as_json
def load(folder: Path, as_json: bool, url: str | None, **options: object) -> None:
    """Send many at once, count right answers."""
    manage("loadtest", folder, url=system_at(url, None).url, as_json=as_json, **options)


COMMANDS = (send, compare, load)
