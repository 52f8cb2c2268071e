#!/bin/sh
# Builds the folder that both Lambda functions run from: packages, our code, exported nets.
# The Dockerfile and tests/system/test_lambda_layout.py take the same steps by this script.
#
#   build.sh packages FOLDER [PYTHON]         pip installs what the functions need, and our code
#   build.sh nets FOLDER [PYTHON] [MODEL]     exports the model (PYTHON has requirements-run.txt)
set -eu

usage() { sed -n '5,6s/^# *//p' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
step=$1 folder=$2 python=${3:-python3} model=${4:-sface}
project=$(cd "$(dirname "$0")/../.." && pwd)

case $step in
packages)
  mkdir -p "$folder"
  "$python" -m pip install --quiet --no-compile --disable-pip-version-check --target "$folder" \
    -r "$project/deploy/lambda/requirements.txt" -c "$project/constraints.txt"
  cp -R "$project/recognition" "$project/foundation" "$project/workers" "$folder"
  # Lambda's base image has no find.
  "$python" -c 'import pathlib, shutil, sys
for cache in list(pathlib.Path(sys.argv[1]).rglob("__pycache__")): shutil.rmtree(cache)' "$folder"
  ;;
nets)
  mkdir -p "$folder/weights"
  folder=$(cd "$folder" && pwd)
  (cd "$project" && "$python" -m recognition.export --model "$model" --weights "$folder/weights")
  ;;
*) usage ;;
esac
