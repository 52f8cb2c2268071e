"""The few AWS calls that every picture makes, without botocore's cost for each: 0.2 ms for 1.6.

A call that succeeds takes this way. Whatever else happens to it (no answer, another status, an
argument that is not of the ordinary ones) is botocore's: it makes the call again, with its own
retries and errors. So callers see no difference, and nothing rare is written twice.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from foundation.lean.direct import Direct, Waits, is_behind_proxy
from foundation.lean.s3 import LeanS3
from foundation.lean.signing import Scope
from foundation.lean.sqs import LeanSqs

SHORTENED = {"s3": LeanS3, "sqs": LeanSqs}


def shortened(botocore_client: Any, credentials: Any) -> Any:
    """The client with its frequent calls made short, where that is possible."""
    about = botocore_client.meta
    service = about.service_model.service_name
    if service not in SHORTENED or is_behind_proxy(urlsplit(about.endpoint_url)):
        return botocore_client
    direct = Direct(
        credentials,
        Scope(about.region_name, service),
        Waits(about.config.connect_timeout, about.config.read_timeout),
        os.environ.get("AWS_CA_BUNDLE"),
    )
    return SHORTENED[service](botocore_client, direct)
