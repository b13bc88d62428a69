#!/usr/bin/env bash
# Brings Cassandra for the end-to-end tests, .cache/cassandra/jars, unless it is there; needs Maven and Java 17.
set -euo pipefail
cd "$(dirname "$0")/../../.."
[ ! -d .cache/cassandra/jars ] || exit 0
mkdir -p .cache/cassandra
mvn -q -B -f test/e2e/support/cassandra.pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/.cache/cassandra/jars.new"
mv .cache/cassandra/jars.new .cache/cassandra/jars
