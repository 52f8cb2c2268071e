#!/bin/sh
# choose_python.sh PYTHON TARGET: ends with status 1 and one sentence when a Python is none that this
# runs on, naming one that is. In sh, because an old Python could not read a script of ours.
can_run() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }

can_run "$1" && exit 0
version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
said="$1 is ${version:+Python }${version:-no Python}; 3.11 to 3.14 are needed"
for other in python3.14 python3.13 python3.12 python3.11; do
  if can_run "$other"; then
    echo "$said: make PYTHON=$other ${2:-run}"
    exit 1
  fi
done
echo "$said, and none is installed here: install one, then make PYTHON=python3.13 ${2:-run}"
exit 1
