"""The settings of the web tier: where it listens, who may ask, what it takes and keeps."""

from ipaddress import ip_network
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from foundation.settings.names import NameSettings, comma_separated


class WebSettings(NameSettings):
    """The settings of the web tier."""

    # Web tier
    host: str = Field("127.0.0.1", description="Address that the web tier listens on")
    port: int = Field(8000, ge=0, le=65535, description="Port that the web tier listens on")
    web_processes: int = Field(1, ge=1, le=64, description="Web processes behind the port")
    database_url: str | None = Field(
        None, description="postgres://... ; SQLite under VAR_DIR when empty"
    )
    secret_key: SecretStr | None = Field(
        None, description="Django's secret key; made and kept under VAR_DIR when empty"
    )
    debug: bool = Field(False, description="Django's debug pages: never in production")
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,[::1]", description="Host names that are answered, comma separated"
    )
    https: bool = Field(
        False, description="The site is served over HTTPS: secure cookies, HSTS, redirect"
    )
    require_api_key: bool | None = Field(
        None,
        description="Everything asks who is there: API, pages, POST /; when empty: yes, unless "
        "HOST is this machine alone, without HTTPS and without TRUSTED_PROXIES",
    )
    open_contract: bool | None = Field(
        None,
        description="POST / and GET /jobs/<id> need no key even where one is required; when empty: "
        "where the system listens on this machine alone",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses and networks of proxies whose X-Forwarded-For, -Proto and -Host "
        "count, comma separated; none when empty",
    )
    csrf_trusted_origins: str = Field(
        "",
        description="Other sites whose pages may send forms and pictures here, such as "
        "https://portal.example, comma separated",
    )
    max_connections: int = Field(
        4096, ge=10, le=100_000, description="Connections of one web process, in all"
    )
    max_connections_per_address: int = Field(
        1024, ge=1, le=100_000, description="Connections of one address, except trusted proxies"
    )
    header_timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="A request's headers come within this time"
    )
    upload_timeout_seconds: float = Field(
        900.0, gt=0, le=86_400, description="A request's body comes within this time"
    )
    upload_min_kb_per_second: float = Field(
        1.0, ge=0, le=10_000, description="A request's body comes no slower than this, in KiB/s"
    )
    max_uploads_on_disk_mb: float = Field(
        4096.0,
        gt=0,
        description="Disk that all uploads of one web process may take together, in MiB; each "
        "takes twice its size",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Signs webhooks; made and kept under VAR_DIR when empty"
    )
    webhook_private_addresses: bool | None = Field(
        None,
        description="Webhooks may go to machines that are not on the internet, and by plain http, "
        "and pictures come from there; when empty: where no API key is asked for",
    )
    picture_buckets: str = Field(
        "", description="Buckets that requests may name pictures of, comma separated; empty: none"
    )
    max_batch_mb: float = Field(
        50.0, gt=0, le=2000, description="Largest request of several pictures in MiB"
    )
    retention_days_pictures: int = Field(
        90, ge=0, description="Pictures and videos are deleted after this number of days; 0: never"
    )
    retention_days_history: int = Field(
        0, ge=0, description="Days after which jobs and their pictures are deleted; 0: never"
    )
    retention_days_audit: int = Field(
        365,
        ge=0,
        description="Audit log and admin's log are deleted after this number of days; 0: never",
    )
    result_timeout_seconds: float = Field(
        60.0, gt=0, le=900, description="How long POST / waits for its answer before 504"
    )
    reply_filename: Literal["full", "stem"] = Field(
        "full", description="The name before the colon: test_00.jpg (full) or test_00 (stem)"
    )
    max_upload_mb: float = Field(10.0, gt=0, le=500, description="Largest picture in MiB")
    max_megapixels: float = Field(
        200.0,
        gt=0,
        le=500,
        description="Largest picture in megapixels; the memory to decode it is bounded as well",
    )
    resend_after_seconds: float = Field(
        120.0,
        ge=1,
        description="An unanswered job is sent again after this time, if no longer queued",
    )
    max_sends: int = Field(3, ge=1, le=20, description="Sends of one job before it is failed")

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses_or_networks(cls, value: str) -> str:
        for name in comma_separated(value):
            try:
                ip_network(name, strict=False)
            except ValueError:
                raise ValueError(f"{name} is no address or network such as 10.0.0.0/16") from None
        return value

    @field_validator("csrf_trusted_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for name in comma_separated(value):
            parts = urlsplit(name)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise ValueError(f"{name} is no origin such as https://portal.example")
        return value

    @property
    def max_upload_bytes(self) -> int:
        """The largest picture in bytes."""
        return int(self.max_upload_mb * 2**20)

    @property
    def max_batch_bytes(self) -> int:
        """The largest batch in bytes."""
        return max(int(self.max_batch_mb * 2**20), 2 * self.max_upload_bytes)

    @property
    def serves_this_machine_alone(self) -> bool:
        """Whether nobody beyond this machine reaches the web tier, directly or by a proxy."""
        published = self.https or bool(self.trusted_proxies.strip())
        return not published and self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def api_key_required(self) -> bool:
        """Whether callers need a key or a login."""
        if self.require_api_key is not None:
            return self.require_api_key
        return not self.serves_this_machine_alone

    @property
    def contract_is_open(self) -> bool:
        """Whether POST / and its jobs answer clients without a key."""
        if self.open_contract is not None:
            return self.open_contract or not self.api_key_required
        return self.serves_this_machine_alone or not self.api_key_required

    @property
    def private_webhooks_allowed(self) -> bool:
        """Whether webhooks may go to addresses of private networks."""
        if self.webhook_private_addresses is not None:
            return self.webhook_private_addresses
        return not self.api_key_required

    @property
    def allowed_picture_buckets(self) -> frozenset[str]:
        """The buckets that a request may name a picture of."""
        return frozenset(comma_separated(self.picture_buckets))

    @property
    def max_pixels(self) -> int:
        """The most pixels that a picture may have."""
        return int(self.max_megapixels * 1_000_000)
