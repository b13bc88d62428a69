#!/usr/bin/env bash
# Builds an OpenTelemetry Collector for the end-to-end tests, .cache/otelcol/otelcol, unless it is there; takes minutes.
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ ! -x .cache/otelcol/otelcol ] || exit 0
export GOBIN=$PWD/.cache/otelcol CGO_ENABLED=0
mkdir -p "$GOBIN"
go install go.opentelemetry.io/collector/cmd/builder@v0.149.0
"$GOBIN/builder" --config=test/e2e/support/otelcol.yaml
mv .cache/otelcol/build/otelcol .cache/otelcol/otelcol
