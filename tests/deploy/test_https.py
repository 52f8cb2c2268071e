"""HTTPS on the web instance: the Caddyfile of its first boot, a real Caddy, our own server."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.stack.preflight import NotReady, check_https
from deploy.stack.template import Template
from foundation import aws
from foundation.config import Settings
from localcloud.system.ports import free_port
from localcloud.system.processes import Child, stop_all
from tests.deploy.caddy import NEEDS_CADDY, OWN_CERTIFICATES, caddy
from tests.deploy.made import made
from tests.deploy.test_template import stack_arguments
from tests.hostile.web.servers import WebServer, prepared_keys


@dataclass(frozen=True)
class Site:
    """The web tier behind Caddy, and the ports of both of Caddy's doors."""

    server: WebServer
    https: int
    http: int

    def ask(self, method: str, path: str, host: str = "localhost") -> http.client.HTTPResponse:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "localhost", self.https, timeout=30, context=trusting
        )
        connection.request(method, path, headers={"Host": host, "Content-Length": "0"})
        return connection.getresponse()


def stack_values(**given: str) -> dict[str, str]:
    place = {"VpcId": "vpc-1", "SubnetIds": "subnet-1", "WebImageId": "ami-1"}
    return Template.ours().values({**place, **given})


def caddyfile(domain: str, port: int) -> str:
    """What the web instance's user data writes."""
    values = stack_values(DomainName=domain, Port=str(port))
    resource = made(Template.ours(), values)["WebTemplate"]
    text = resource.definition.partition("/Caddyfile <<'END'\\n")[2].partition("END")[0]
    return text.replace("\\n", "\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("https")
    prepared_keys(folder)
    settings = {"HTTPS": "1", "TRUSTED_PROXIES": "127.0.0.1", "ALLOWED_HOSTS": "localhost"}
    server = WebServer(folder, "web", settings)
    ports = {"http": free_port(), "https": free_port()}
    options = OWN_CERTIFICATES.format(**ports, folder=folder / "certificates")
    found = Site(server=server, **ports)
    server.child.start()
    try:
        with caddy(folder, options + caddyfile("localhost", server.port)) as proxy:
            server.wait()
            _answers(found, proxy)
            yield found
    finally:
        stop_all([server.child], seconds=5)


def _answers(site: Site, proxy: Child) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        assert not proxy.has_ended(), proxy.last_lines(20)
        try:
            if site.ask("GET", "/admin/login/").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError(proxy.last_lines(20))


@NEEDS_CADDY
@pytest.mark.system
def test_pages_come_by_https_and_their_cookies_are_for_it_alone(site: Site) -> None:
    answer = site.ask("GET", "/admin/login/")

    assert answer.status == 200
    assert "Secure" in (answer.getheader("Set-Cookie") or "")
    assert "max-age" in (answer.getheader("Strict-Transport-Security") or "")


@NEEDS_CADDY
@pytest.mark.system
def test_a_picture_needs_a_key_and_a_foreign_host_gets_nothing(site: Site) -> None:
    assert site.ask("POST", "/").status == 401
    foreign = site.ask("GET", "/", host="evil.example")
    assert (foreign.status, foreign.read()) == (200, b"")  # Caddy's answer for no site of its own


@NEEDS_CADDY
@pytest.mark.system
def test_plain_http_is_sent_to_https(site: Site) -> None:
    connection = http.client.HTTPConnection("localhost", site.http, timeout=30)
    connection.request("GET", "/people/")
    answer = connection.getresponse()

    assert answer.status == 308
    assert (answer.getheader("Location") or "").startswith("https://localhost")


@pytest.mark.parametrize(
    ("given", "is_refused"),
    [
        ({"AllowFrom": "0.0.0.0/0"}, True),
        ({"AllowFrom": "0.0.0.0/0", "DomainName": "faces.example.org"}, False),
        ({"AllowFrom": "203.0.113.0/24"}, False),
    ],
)
def test_everybody_is_let_in_by_https_alone(given: dict[str, str], is_refused: bool) -> None:
    values = stack_values(**given)
    if is_refused:
        with pytest.raises(NotReady, match=r"plain HTTP.*DomainName"):
            check_https(values)
    else:
        check_https(values)


@pytest.mark.parametrize(("domain", "port"), [("", 8000), ("faces.example.org", 443)])
def test_with_a_domain_only_https_and_the_redirect_are_open(domain: str, port: int) -> None:
    resources = made(Template.ours(), stack_values(DomainName=domain))
    group: Any = json.loads(resources["WebSecurityGroup"].definition)
    (rule,) = group["Properties"]["SecurityGroupIngress"]

    assert int(rule["FromPort"]) == port
    assert ("WebCertificateDoor" in resources) is bool(domain)
    assert "WebElasticIp" in resources


def test_a_stack_with_a_domain_is_made(cloud_settings: Settings) -> None:
    arguments = stack_arguments(
        cloud_settings, DomainName="faces.example.org", WebImageId="ami-12c6146b"
    )
    cloudformation = aws.client("cloudformation", cloud_settings)

    cloudformation.create_stack(**arguments)

    (stack,) = cloudformation.describe_stacks(StackName=arguments["StackName"])["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert outputs["WebAddress"] == "https://faces.example.org/"
    assert outputs["DomainPointsAt"]
