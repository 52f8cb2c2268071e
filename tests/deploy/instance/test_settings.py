"""Settings from SSM: a text of several, single ones over it, secrets decrypted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from deploy.instance import settings as module
from deploy.instance.attach import until_done
from deploy.instance.metadata import Metadata
from deploy.instance.settings import (
    as_file,
    fetched,
    own_names_at_last,
    with_own_names,
)
from foundation import aws
from foundation.config import Settings, get_settings
from tests.deploy.instance.metadata_server import metadata_server


@pytest.fixture
def ssm(cloud_settings: Settings) -> Any:
    return aws.client("ssm", cloud_settings)


def test_single_settings_lie_over_the_text(ssm: Any, cloud_settings: Settings) -> None:
    folder = f"/{cloud_settings.faceweb_id}/web"
    text = "PORT=8000\nSCALER_MAX=20\n# words\nEMPTY=\n"
    ssm.put_parameter(Name=f"{folder}/environment", Value=text, Type="String")
    ssm.put_parameter(Name=f"{folder}/SCALER_MAX", Value="5", Type="String")
    ssm.put_parameter(Name=f"{folder}/SECRET_KEY", Value='a"b\\c=d', Type="SecureString")
    ssm.put_parameter(Name=f"{folder}/odd-name", Value="x", Type="String")

    found = fetched(ssm, cloud_settings.faceweb_id, "web")

    assert found == {"PORT": "8000", "SCALER_MAX": "5", "SECRET_KEY": 'a"b\\c=d'}
    assert fetched(ssm, cloud_settings.faceweb_id, "app") == {}


class _AwayFirst:
    """SSM that can't be reached a few times."""

    def __init__(self, ssm: Any, failures: int) -> None:
        self._ssm, self.failures = ssm, failures

    def get_paginator(self, name: str) -> Any:
        if self.failures:
            self.failures -= 1
            raise EndpointConnectionError(endpoint_url="https://ssm")
        return self._ssm.get_paginator(name)


def test_units_wait_until_their_settings_can_be_read(ssm: Any, cloud_settings: Settings) -> None:
    name = f"/{cloud_settings.faceweb_id}/web/SECRET_KEY"
    ssm.put_parameter(Name=name, Value="secret", Type="SecureString")
    away, pauses = _AwayFirst(ssm, 3), list[float]()

    found = until_done(lambda: fetched(away, cloud_settings.faceweb_id, "web"), pauses.append)

    assert (found, len(pauses)) == ({"SECRET_KEY": "secret"}, 3)


def test_the_web_tier_answers_under_the_instances_own_names() -> None:
    """Also where the metadata service answers late; a private subnet has no public names."""
    with metadata_server() as server:
        server.texts |= {"local-hostname": "ip-10-0-0-5.ec2.internal", "local-ipv4": "10.0.0.5"}
        server.is_broken = True

        def mend(_seconds: float) -> None:
            server.is_broken = False

        names = own_names_at_last(Metadata(server.url), mend)

    found = with_own_names({"ALLOWED_HOSTS": "faces.example.org, ", "PORT": "8000"}, names)
    assert found == {
        "ALLOWED_HOSTS": "faces.example.org,ip-10-0-0-5.ec2.internal,10.0.0.5,localhost,127.0.0.1",
        "PORT": "8000",
    }


def test_a_value_stays_one_line_and_whole() -> None:
    assert as_file({"B": 'x"y\\z', "A": "one\ntwo"}) == 'A="one two"\nB="x\\"y\\\\z"\n'


def test_the_file_is_for_its_owner_alone(
    ssm: Any, cloud_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEWEB_ID", cloud_settings.faceweb_id)
    get_settings.cache_clear()
    name = f"/{cloud_settings.faceweb_id}/web/SECRET_KEY"
    ssm.put_parameter(Name=name, Value="secret", Type="SecureString")
    path = tmp_path / "environment"
    monkeypatch.setattr("sys.argv", ["settings", str(path)])

    with metadata_server() as server:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url)
        server.texts["public-ipv4"] = "203.0.113.7"
        module.main()

    assert path.read_text() == (
        'ALLOWED_HOSTS="203.0.113.7,localhost,127.0.0.1"\nSECRET_KEY="secret"\n'
    )
    assert path.stat().st_mode & 0o777 == 0o600
