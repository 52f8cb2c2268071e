"""What one app instance costs an hour, and one function a second. Pure.

Prices are AWS's public ones for Linux on demand in us-east-1 in dollars, of the summer of 2025.
They were typed in by hand, not fetched. Other regions cost a few per cent to a half more. No tax,
no free tier, no data transfer.
"""

HOURS_PER_MONTH = 730.0

INSTANCE_HOUR = {
    "t3.micro": 0.0104, "t3.small": 0.0208, "t3.medium": 0.0416, "t3.large": 0.0832,
    "t4g.micro": 0.0084, "t4g.small": 0.0168, "t4g.medium": 0.0336, "t4g.large": 0.0672,
    "c5.large": 0.085, "c5.xlarge": 0.17, "c6i.large": 0.085, "c6i.xlarge": 0.17,
    "c6g.large": 0.068, "c6g.xlarge": 0.136, "c7g.large": 0.0725, "c7g.xlarge": 0.145,
    "c7i.large": 0.08925, "c7i.xlarge": 0.1785, "c7i.2xlarge": 0.357,
    "c7a.large": 0.10264, "c7a.xlarge": 0.20528, "m7i.large": 0.1008, "m7g.large": 0.0816,
}  # fmt: skip
USUAL_TYPE = "c7i.large"
"""What the stack's template launches where nobody names another type."""

DISK_GB_MONTH = 0.08  # gp3
APP_DISK_GB = 16
ADDRESS_HOUR = 0.005  # a public IPv4 address
SPOT_SHARE = 0.4
"""Spot instances cost about so much of the price on demand; it changes from hour to hour."""


def machine_hour(kind: str, disk_gb: int = APP_DISK_GB, share: float = 1.0) -> float:
    """Dollars an hour of one machine with its disk and address; an unknown type counts as free."""
    disk = disk_gb * DISK_GB_MONTH / HOURS_PER_MONTH
    return INSTANCE_HOUR.get(kind, 0.0) * share + disk + ADDRESS_HOUR


FUNCTION_GB_SECOND = 0.0000166667
"""Lambda on x86, the first tier; the same in the large regions."""

DEARER_FUNCTION_GB_SECOND = {
    "af-south-1": 0.0000221,
    "ap-east-1": 0.00002292,
    "eu-south-1": 0.0000195172,
    "me-south-1": 0.0000206667,
}
FUNCTION_REQUEST = 0.20 / 1_000_000


def function_second(memory_mb: int, region: str) -> float:
    """Dollars a second of one Lambda function with this memory."""
    return memory_mb / 1024 * DEARER_FUNCTION_GB_SECOND.get(region, FUNCTION_GB_SECOND)
