"""The addresses that load balancers and monitors ask."""

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
