"""What cloud-init does on the builder: fetch the release, run its build script, send the verdict.

Pure. Both ways go by signed addresses, so the builder needs no credentials at all.
"""

import shlex
from collections.abc import Sequence

import yaml

SCRIPT = "/opt/faceweb/bake.sh"
LOG_LINES = 40
PACKAGES = ["python3-venv", "curl", "ca-certificates", "tzdata", "gcc", "libc6-dev", "caddy"]
"""The compiler makes the recogniser's engine, which the image then brings along; Caddy ends TLS on
a web instance with a domain, and is off everywhere else."""
MACHINE, FUNCTIONS = "deploy/image/build.sh", "deploy/lambda/push.sh"
"""The build scripts, within the release."""
FUNCTIONS_PACKAGES = ["buildah", "awscli", "curl", "ca-certificates"]
"""What builds and pushes the functions' image instead."""

BAKE = """#!/bin/sh
# The release, its own build script, and the verdict, whatever it is.
root=${{ROOT:-}} home=${{ROOT:-}}/opt/faceweb
export {variables}
mkdir -p "$home/release"
curl -fsSL --retry 5 {release_url} | tar xz -C "$home/release" &&
  sh "$home/release/{build}" > "$home/bake.log" 2>&1
status=$?
tail -n {lines} "$home/bake.log" 2> /dev/null
if [ $status -ne 0 ] || [ ! -s "$home/report.json" ]; then
  STATUS=$status HOME_FOLDER=$home ${{PYTHON:-python3}} - <<'END'
import json, os, pathlib
home = pathlib.Path(os.environ["HOME_FOLDER"])
def text(name):
    path = home / name
    return path.read_text(errors="replace") if path.exists() else ""
step = text("step").strip() or "release"
error = "the step " + step + " failed with status " + os.environ["STATUS"]
report = {{"version": os.environ["VERSION"], "ok": False, "step": step, "error": error,
          "log": text("bake.log").splitlines()[-{lines}:]}}
(home / "report.json").write_text(json.dumps(report, indent=1))
END
fi
curl -fsSL --retry 5 -T "$home/report.json" {report_url}
rm -f "$home/bake.sh" "$home/report.json" "$home/bake.log" "$home/step"
if [ -z "$root" ]; then
  # This runs in cloud-init's final stage, which writes its state after it: cleaned when it is over.
  systemd-run --no-block --unit=seal-image --property=After=cloud-final.service \\
    sh -c 'cloud-init clean --logs --machine-id; systemctl poweroff'
fi
"""


def user_data(
    *,
    version: str,
    release_url: str,
    report_url: str,
    models: Sequence[str],
    build: str = MACHINE,
    **more: str,
) -> str:
    """The builder's cloud-config. `more` are the build script's other variables."""
    values = {"VERSION": version, "MODELS": " ".join(models), **more}
    script = BAKE.format(
        variables=" ".join(f"{name}={shlex.quote(value)}" for name, value in values.items()),
        release_url=shlex.quote(release_url),
        report_url=shlex.quote(report_url),
        lines=LOG_LINES,
        build=build,
    )
    document = {
        "package_update": True,
        "packages": PACKAGES if build == MACHINE else FUNCTIONS_PACKAGES,
        "write_files": [{"path": SCRIPT, "permissions": "0700", "content": script}],
        "runcmd": [["sh", SCRIPT]],
    }
    return "#cloud-config\n" + yaml.safe_dump(document, sort_keys=False)
