"""Each refusal of AWS that an operator may meet, as one sentence that says what to do."""

from __future__ import annotations

import pytest
from django.core.management import CommandError

from deploy.management.errors import translate_errors
from tests.support.stubbed import stubbed

ENCODED = "You may not. User: arn:aws:iam::1:user/a. Encoded authorization failure message: QUJD"


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (
            "UnauthorizedOperation",
            ENCODED,
            r"may not RunInstances: You may not\. User: .*user/a\.$",
        ),
        ("AuthFailure", "unable to validate", r"not valid \(any more\): unable to validate"),
        ("UnrecognizedClientException", "invalid token", r"not valid \(any more\)"),
        ("RequestExpired", "Request has expired.", "Are the clock and the secret key right"),
        ("SignatureDoesNotMatch", "Signature expired: 1 is", "clock .* right.* Signature expired"),
        ("RequestTimeTooSkewed", "too large", "Are the clock and the secret key right"),
        ("RequestLimitExceeded", "Request limit exceeded.", "asked too often .RunInstances."),
        ("InsufficientInstanceCapacity", "None in us-east-1a", "RunInstances: None in us-east-1a"),
        ("PendingVerification", "being validated", "RunInstances: being validated"),
    ],
)
def test_a_refusal_is_one_sentence(code: str, message: str, words: str) -> None:
    with stubbed("ec2") as ec2:
        ec2.add_client_error("run_instances", code, message)

        with pytest.raises(CommandError, match=words), translate_errors("Interrupted."):
            ec2.client.run_instances(MinCount=1, MaxCount=1)
