#!/usr/bin/env bash
# Brings syslog-ng, unless it is there: .cache/syslog-ng, out of Debian's packages. They are not installed, since rsyslog
# would go for it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ ! -x .cache/syslog-ng/syslog-ng ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(
  cd "$work"
  mkdir root
  only=(--no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances)
  mapfile -t libraries < <(apt-cache depends --recurse "${only[@]}" syslog-ng-core | grep '^lib' | grep -vE '^(libc6|libgcc|libcrypt1)')
  apt-get download -qq syslog-ng-core "${libraries[@]}"
  for package in *.deb; do dpkg --extract "$package" root; done
  cat >root/syslog-ng <<'END'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
for libraries in "$here"/usr/lib/*-linux-gnu "$here"/lib/*-linux-gnu "$here"/usr/lib/syslog-ng; do
  LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries
done
export LD_LIBRARY_PATH
exec "$here/usr/sbin/syslog-ng" --module-path="$(echo "$here"/usr/lib/syslog-ng/[0-9]*)" "$@"
END
  chmod 755 root/syslog-ng
  root/syslog-ng --version >/dev/null
)
mkdir -p .cache
mv "$work/root" .cache/syslog-ng
