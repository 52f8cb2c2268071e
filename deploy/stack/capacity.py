"""How many pictures each part of the system takes, what is full first, and what a load costs.

A part that works D seconds for a picture is full at 1 / D pictures a second, in whatever order they
come (the utilisation law, which is exact). For the fleet the scaler's own simulation runs. Pure,
but for the simulation's seeded chance.

A core of AWS is taken to be as fast as the measured one. Of a hyper-threaded core's two vCPUs each
is `HYPERTHREADED` times slower; Graviton and AMD's seventh generation have whole cores.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deploy.stack import prices, service_times as times
from scaler.deciding.values import Limits
from scaler.instances.prices import ADDRESS_HOUR, HOURS_PER_MONTH, machine_hour
from scaler.simulation.engine import Simulation
from scaler.simulation.functions import FunctionTimes
from scaler.simulation.peers import Ours
from scaler.simulation.traces import HOUR, Floats, Service, Trace, poisson, varying
from scaler.simulation.world import TraceResult, World

VCPUS = {"micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4, "2xlarge": 8}
WHOLE_CORES = ("t4g", "c6g", "c7g", "m7g", "c7a")
HYPERTHREADED = 1.6
"""Two processes on the two threads of one core take this many times as long as one by itself: a
rule of thumb, not measured on AWS."""

FOR_EVER = {
    "t3.micro": 0.1, "t3.small": 0.2, "t3.medium": 0.2, "t3.large": 0.3,
    "db.t4g.micro": 0.1, "db.t4g.small": 0.2, "db.t4g.medium": 0.2, "db.t4g.large": 0.3,
}  # fmt: skip
"""The share of its processor that a burstable type may take for ever."""
GBITS = {"t3.small": 0.128, "t3.large": 0.512, "c7i.large": 0.781, "c7i.xlarge": 1.562,
         "c7i.2xlarge": 3.125}  # fmt: skip
"""What AWS promises each of these of the network, for ever: each way. They may be the web tier."""
S3_WRITES = 3500.0
"""A second and prefix."""

BUSY = 0.7
"""Machines are planned for this share of what they take, so that nobody queues for long."""
STEADY_SECONDS, DAY_SECONDS = 600.0, 24 * HOUR
MOST_WEBS, MOST_INSTANCES, FUNCTIONS = 2, 1000, 50
DAYS_KEPT = 90
"""RETENTION_DAYS_PICTURES, unless it is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Pictures a second: the mean, and the most. One with a day is quiet at night."""

    name: str
    mean: float
    has_day: bool = False

    @property
    def most(self) -> float:
        """The most pictures in a second: at noon, where the load has a day."""
        return math.pi * self.mean if self.has_day else self.mean


def steady(rate: float) -> Load:
    """This number of pictures a second, always."""
    return Load(name=f"{rate:,g} a second", mean=rate)


def daily(pictures: float) -> Load:
    """This number of pictures a day: none at night, the most at noon."""
    return Load(name=f"{pictures:,.0f} a day", mean=pictures / DAY_SECONDS, has_day=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How pictures come in, and who works on them. By S3 the web tier sees none of their bytes."""

    by_s3: bool = False
    app_type: str
    picture_seconds: float
    boot_seconds: float

    @property
    def web_ms(self) -> float:
        """Milliseconds of the web tier's processor for a picture."""
        return (times.WEB_BY_S3 if self.by_s3 else times.WEB).value

    @property
    def puts(self) -> float:
        """Writes to S3 for a picture."""
        return times.PUTS + self.by_s3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the stack: what one unit takes for ever in pictures a second, and how many."""

    name: str
    unit: str
    one: float
    units: int = 1

    @property
    def full_at(self) -> float:
        """The pictures in a second at which all units are full."""
        return self.one * self.units


def cores(kind: str) -> float:
    """Cores of the measured speed that an instance type has for ever."""
    family, _, size = kind.removeprefix("db.").partition(".")
    slower = 1.0 if family in WHOLE_CORES else HYPERTHREADED
    return VCPUS[size] * FOR_EVER.get(kind, 1.0) / slower


def parts(values: Mapping[str, str], way: Way) -> list[Part]:
    """The parts of a stack with these parameters, the one that is full first in front."""
    web, database = values["WebInstanceType"], values["DatabaseClass"]
    webs = prices.WEB_INSTANCES[values["Size"]]
    sqlite = Part(name="SQLite", unit="writer", one=1000 / times.SQLITE.value)
    found = [
        Part(name="web tier's processor", unit=web, one=_by_processor(web, way), units=webs),
        Part(name="web tier's network", unit=web, one=_by_network(web, way), units=webs),
        sqlite if values["Size"] == "small" else _postgresql(database),
        Part(
            name="app instances", unit=way.app_type,
            one=cores(way.app_type) / way.picture_seconds, units=int(values["FleetMaximum"]),
        ),
        Part(name="S3's writes", unit="a prefix", one=S3_WRITES / (1 + way.by_s3)),
    ]  # fmt: skip
    return sorted(found, key=lambda part: part.full_at)


def _by_processor(kind: str, way: Way) -> float:
    return cores(kind) * 1000 / way.web_ms


def _by_network(kind: str, way: Way) -> float:
    return math.inf if way.by_s3 else GBITS[kind] * 1e6 / 8 / times.KILOBYTES


def _postgresql(kind: str) -> Part:
    return Part(name="PostgreSQL", unit=kind, one=cores(kind) * 1000 / times.POSTGRESQL.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a load needs, and its dollars a month. `full` are parts of the stack as it is, which
    the load's peak is too much for; `p95_seconds` is from the queue to the answer."""

    load: str
    full: Mapping[str, tuple[str, ...]]
    web: str
    database: str
    instances: float
    most_instances: int
    p95_seconds: float
    dollars: Mapping[str, float]

    @property
    def month(self) -> float:
        """Dollars a month of all parts together."""
        return sum(self.dollars.values())


def answer(load: Load, sizes: Sequence[Mapping[str, str]], way: Way) -> Answer:
    """Which part of each size of stack is full, and what a stack for this load has and costs."""
    tiers = _cheapest(load, way)
    fleet = _fleet(load, way)
    days = DAY_SECONDS if load.has_day else STEADY_SECONDS
    a_month = HOURS_PER_MONTH * HOUR / days
    compute = fleet.dollars - fleet.asking_dollars
    return Answer(
        load=load.name,
        full={
            one["Size"]: tuple(part.name for part in parts(one, way) if part.full_at < load.most)
            for one in sizes
        },
        web=f"{tiers.webs} x {tiers.kind}",
        database=tiers.database or "SQLite",
        instances=fleet.billed_seconds / days,
        most_instances=fleet.most_billed,
        p95_seconds=float(np.percentile(fleet.latencies, 95)),
        dollars={
            **{name: HOURS_PER_MONTH * dollars for name, dollars in tiers.hour(load, way).items()},
            "app tier": a_month * compute,
            **_storage(load, way),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiers:
    """Web instances of one kind, and a class of PostgreSQL: "" is SQLite."""

    webs: int
    kind: str
    database: str

    def hour(self, load: Load, way: Way) -> dict[str, float]:
        """Dollars an hour. PostgreSQL has a standby, and a balancer before its web instances."""
        return {
            "web tier": self.webs * machine_hour(self.kind, prices.WEB_DISK_GB),
            "balancer": _balancer(load, way) if self.database else 0.0,
            "database": 2 * prices.DATABASE_HOUR.get(self.database, 0.0),
        }


def _cheapest(load: Load, way: Way) -> _Tiers:
    """The cheapest web tier with its database, of machines as many as the stack makes where that
    can be."""

    def of(kind: str) -> _Tiers:
        one = min(_by_processor(kind, way), _by_network(kind, way))
        webs = math.ceil(load.most / BUSY / one)
        return _Tiers(webs=webs, kind=kind, database=_database(load, webs))

    def price(tiers: _Tiers) -> tuple[bool, float]:
        return tiers.webs > MOST_WEBS, sum(tiers.hour(load, way).values())

    return min(map(of, GBITS), key=price)


def _database(load: Load, webs: int) -> str:
    """The cheapest class of PostgreSQL, "" for SQLite, or "none": the load is too much for all."""
    if webs == 1 and load.most <= BUSY * 1000 / times.SQLITE.value:
        return ""
    enough = [kind for kind in prices.DATABASE_HOUR if BUSY * _postgresql(kind).one >= load.most]
    return min(enough, key=prices.DATABASE_HOUR.__getitem__, default="none")


def _fleet(load: Load, way: Way) -> TraceResult:
    """The scaler's policy on this load, functions beside it: a steady one is met by a fleet."""
    rng = np.random.default_rng(1)
    arrivals, seconds = _arrivals(load, rng)
    slots = round(cores(way.app_type) * _slowness(way.app_type))
    service = way.picture_seconds * _slowness(way.app_type)
    limits = Limits(
        maximum=MOST_INSTANCES, slots_per_instance=slots, function_maximum=FUNCTIONS,
        instance_second_dollars=machine_hour(way.app_type) / HOUR,
    )  # fmt: skip
    trace = Trace(
        name=load.name, arrivals=arrivals, duration_seconds=seconds,
        services=Service(mean_seconds=service, variation=0.5).draw(len(arrivals), rng),
    )  # fmt: skip
    functions = FunctionTimes(slowness=HYPERTHREADED / _slowness(way.app_type))
    world = World(limits=limits, boot_seconds=way.boot_seconds, functions=functions)
    first = 0 if load.has_day else math.ceil(load.mean * service / slots / BUSY)
    return Simulation(trace, Ours(limits), world, first).run()


def _slowness(kind: str) -> float:
    return 1.0 if kind.partition(".")[0] in WHOLE_CORES else HYPERTHREADED


def _arrivals(load: Load, rng: np.random.Generator) -> tuple[Floats, float]:
    if not load.has_day:
        return poisson(load.mean, STEADY_SECONDS, rng), STEADY_SECONDS

    def rate(moments: Floats) -> Floats:
        return np.maximum(0.0, -load.most * np.cos(2 * np.pi * moments / DAY_SECONDS))

    return varying(rate, load.most, DAY_SECONDS, rng), DAY_SECONDS


def _balancer(load: Load, way: Way) -> float:
    """Dollars an hour, with its two addresses. One unit of load is a gigabyte an hour, or 25 new
    connections a second."""
    gigabytes = 0.0 if way.by_s3 else load.mean * HOUR * times.KILOBYTES / 1e6
    units = max(gigabytes, load.mean / 25, 1.0)
    return prices.BALANCER_HOUR + prices.BALANCER_UNIT_HOUR * units + 2 * ADDRESS_HOUR


def _storage(load: Load, way: Way) -> dict[str, float]:
    """Requests of S3 and SQS, and the pictures that are kept."""
    pictures = load.mean * HOURS_PER_MONTH * HOUR
    a_picture = way.puts * prices.S3_PUT + times.GETS * prices.S3_GET
    gigabytes = load.mean * DAY_SECONDS * DAYS_KEPT * times.KILOBYTES / 1e6
    return {
        "S3's requests": pictures * a_picture,
        "SQS's requests": pictures * times.SQS_REQUESTS * prices.QUEUE_REQUEST,
        "pictures kept": gigabytes * prices.S3_GB_MONTH,
    }


def on_one_machine(recogniser_alone: float) -> float:
    """Pictures a second of a machine that runs everything, the benchmark's emulator and clients
    included. What the recogniser alone does on it tells how fast it is."""
    each = (times.WEB, times.WORKER, times.RECOGNISER, times.EMULATOR, times.CLIENTS)
    return recogniser_alone * times.RECOGNISER_ALONE.value / sum(one.value for one in each)
