#!/usr/bin/env bash
# Fetches what the operators themselves say about their resources, for tests/contract/test_operator_schemas.py: KEDA's and the
# Prometheus operator's definitions by way of Go's module proxy, Strimzi's model from Maven Central; and builds the check of dashboards
# against Grafana's schemas (deploy/grafana/check) and kustomize. Needs go, mvn; 60 MB, once.
#   deploy/kubernetes/fetch-schemas.sh [FOLDER]    (.winnow/operators by default)
set -euo pipefail
keda=v2.17.0
prometheus_operator=v0.82.0
strimzi=0.49.0
kustomize=v5.7.1

into=${1:-"$(dirname "$0")/../../.winnow/operators"}
mkdir -p "$into/strimzi"
into=$(cd "$into" && pwd)
GOBIN="$into" go install "sigs.k8s.io/kustomize/kustomize/v5@$kustomize"
(cd "$(dirname "$0")/../grafana/check" && go build -o "$into/grafana-check" .)

module_folder() { (cd "$into" && go mod download -json "$1") | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'; }
install -m 644 "$(module_folder "github.com/kedacore/keda/v2@$keda")"/config/crd/bases/keda.sh_{scaledobjects,triggerauthentications}.yaml "$into"
install -m 644 "$(module_folder "github.com/prometheus-operator/prometheus-operator@$prometheus_operator")"/example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml "$into"

cat > "$into/strimzi/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>winnow</groupId><artifactId>strimzi-model</artifactId>
<version>1</version><dependencies><dependency><groupId>io.strimzi</groupId><artifactId>api</artifactId><version>$strimzi</version></dependency></dependencies></project>
POM
mvn -q -B -f "$into/strimzi/pom.xml" dependency:copy-dependencies -DoutputDirectory="$into/strimzi/lib"
