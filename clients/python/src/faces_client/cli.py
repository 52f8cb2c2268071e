"""`faces-client`: a few questions from a shell. The product's own command is `faces`."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence

from faces_client.client import DEFAULT_URL, Client
from faces_client.errors import ApiError, NotAnswered, Unreachable
from faces_client.models import Comparison, Job, Learned, Person

Answer = Job | Comparison | Learned | Person


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit status."""
    parsed = _parser().parse_args(arguments)
    try:
        with Client(parsed.url, parsed.key, collection=parsed.collection) as client:
            found = _COMMANDS[parsed.command](client, parsed)
    except (ApiError, NotAnswered, Unreachable) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        in_words = f"{error.filename}: {error.strerror}" if error.filename else error
        print(f"Error: {in_words}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    for one in found:
        print(json.dumps(_plain(one)) if parsed.json else _in_words(one))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="faces-client", description=__doc__)
    parser.add_argument("--url", help=f"address of the system (FACES_URL, {DEFAULT_URL})")
    parser.add_argument("--key", help="API key (FACES_API_KEY)")
    parser.add_argument("--collection", help="name of the collection to work in")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    commands = parser.add_subparsers(dest="command", required=True)
    recognise = commands.add_parser("recognise", help="who is in pictures")
    recognise.add_argument("pictures", nargs="+", help="files, or addresses that begin with http")
    compare = commands.add_parser("compare", help="whether two pictures show one person")
    compare.add_argument("picture")
    compare.add_argument("other")
    add = commands.add_parser("add", help="add a picture to a person, who may be new")
    add.add_argument("name")
    add.add_argument("pictures", nargs="+")
    commands.add_parser("people", help="everybody who is enrolled")
    job = commands.add_parser("wait", help="wait for a job to end")
    job.add_argument("job")
    return parser


def _recognise(client: Client, parsed: argparse.Namespace) -> Sequence[Answer]:
    return [client.recognise(picture) for picture in parsed.pictures]


def _compare(client: Client, parsed: argparse.Namespace) -> Sequence[Answer]:
    return [client.verify(parsed.picture, parsed.other)]


def _add(client: Client, parsed: argparse.Namespace) -> Sequence[Answer]:
    known = {one.name.casefold(): one.id for one in client.people()}
    person_id = known.get(parsed.name.casefold())
    learned: list[Learned] = []
    for picture in parsed.pictures:
        if person_id is None:
            learned.append(client.add_person(parsed.name, picture))
            person_id = learned[-1].id
        else:
            learned.append(client.add_example(person_id, picture))
    return learned


def _people(client: Client, parsed: argparse.Namespace) -> Sequence[Answer]:
    return list(client.people())


def _wait(client: Client, parsed: argparse.Namespace) -> Sequence[Answer]:
    return [client.wait(parsed.job)]


_COMMANDS = {
    "recognise": _recognise, "compare": _compare, "add": _add, "people": _people, "wait": _wait,
}  # fmt: skip


def _plain(value: Answer) -> object:
    return json.loads(json.dumps(dataclasses.asdict(value), default=str))


def _compared(found: Comparison) -> str:
    if found.same_person is None or found.similarity is None:
        return found.detail or "no answer"
    words = "the same person" if found.same_person else "different people"
    return f"{words} (similarity {found.similarity:.2f})"


def _in_words(value: Answer) -> str:
    if isinstance(value, Job):
        names = [face.name or "unknown" for face in value.faces]
        return f"{value.filename}: {', '.join(names) or value.result or value.error or value.state}"
    if isinstance(value, Comparison):
        return _compared(value)
    return f"{value.name}: {value.examples} examples"


if __name__ == "__main__":
    sys.exit(main())
