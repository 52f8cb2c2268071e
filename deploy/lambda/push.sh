#!/bin/sh
# Builds the functions' image on a builder, without Docker, tries it, and pushes it to the stack's
# repository. Runs from the unpacked release, as deploy/image/build.sh does; manage.py bakeami
# --functions sees to that.
#
#   ROOT          put before every path; empty is this machine itself
#   REPOSITORY    of ECR, without a tag; VERSION is the tag
#   AWS_REGION    of the repository
#   MODELS        the first one's nets are exported
#   BUILD         more options of buildah build
#   REGISTRY      more options of buildah login and buildah push
set -eu

home=${ROOT:-}/opt/faceweb
release=$home/release model=${MODELS%% *} image=localhost/faces-functions
export BUILDAH_ISOLATION=chroot

step() {
  echo "$1" > "$home/step"
  echo "--- $1"
}

step build
buildah build --format docker --file "$release/deploy/lambda/Dockerfile" \
  --ignorefile "$release/deploy/lambda/Dockerfile.dockerignore" --build-arg "MODEL=$model" \
  ${BUILD:-} --tag "$image" "$release"

step verify
container=$(buildah from "$image")
buildah run "$container" -- python3 -c "import os
from pathlib import Path
from recognition.registry.loading import load_recognizer
from workers.lambdas import face_recognition, video_splitting
load_recognizer('$model', Path(os.environ['WEIGHTS_DIR']))"
buildah rm "$container" > /dev/null

step push
aws ecr get-login-password --region "$AWS_REGION" |
  buildah login ${REGISTRY:-} --username AWS --password-stdin "${REPOSITORY%%/*}"
# Lambda takes this manifest, and no list of several.
buildah push ${REGISTRY:-} --format v2s2 --digestfile "$home/digest" "$image" "docker://$REPOSITORY:$VERSION"
cat > "$home/report.json" <<END
{"version": "$VERSION", "ok": true, "model": "$model",
 "image": "$REPOSITORY@$(cat "$home/digest")"}
END
echo done > "$home/step"
