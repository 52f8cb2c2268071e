#!/bin/sh
# Draws docs/concepts/*.mmd as SVG with mermaid's own command and Debian's Chromium. Run it by hand
# after a change: the drawings are kept, so that the site is built and read without a network.
set -eu
cd "$(dirname "$0")/../concepts"
settings=$(mktemp -d)
trap 'rm -rf "$settings"' EXIT
cat > "$settings/browser.json" <<'JSON'
{"executablePath": "/usr/bin/chromium", "args": ["--no-sandbox"]}
JSON
cat > "$settings/mermaid.json" <<'JSON'
{"theme": "neutral", "htmlLabels": false, "flowchart": {"htmlLabels": false}, "fontFamily": "sans-serif"}
JSON
for drawing in *.mmd; do
  PUPPETEER_SKIP_DOWNLOAD=1 npx --yes --package @mermaid-js/mermaid-cli@12.2.0 mmdc --quiet \
    --puppeteerConfigFile "$settings/browser.json" --configFile "$settings/mermaid.json" \
    --backgroundColor white --input "$drawing" --output "${drawing%.mmd}.svg"
  sum=$(sha256sum "$drawing" | cut -d' ' -f1)
  printf '<!-- drawn from %s %s -->\n' "$drawing" "$sum" >> "${drawing%.mmd}.svg"
done
