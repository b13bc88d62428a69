#!/usr/bin/env bash
# Brings what checks workflows and manifests, unless it is there: actionlint and kubeconform (.cache/bin), and what two
# versions of Kubernetes say of their objects (.cache/kubernetes). Needs Go.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export GOBIN=$PWD/.cache/bin CGO_ENABLED=0 GOFLAGS=-modcacherw
[ -x "$GOBIN/actionlint" ] || go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
[ -x "$GOBIN/kubeconform" ] || go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
mkdir -p .cache/kubernetes
for version in v1.25.0 v1.34.0; do
  to=.cache/kubernetes/$version.json
  [ ! -e "$to" ] || continue
  modules=$(mktemp -d)
  (cd "$modules" && GOMODCACHE=$modules/mod go mod download "k8s.io/kubernetes@$version")
  cp "$modules/mod/k8s.io/kubernetes@$version/api/openapi-spec/swagger.json" "$to.new"
  mv "$to.new" "$to"
  rm -rf "$modules"
done
