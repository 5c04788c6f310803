#!/usr/bin/env bash
# Builds the real helm that the tests of internal/engine/helm compare with, into .tools/bin.
# The version and the Kubernetes version that it takes for granted are set as in a release.
# It does nothing when that helm is there already.
set -euo pipefail
cd "$(dirname "$0")/../.."

helm=v3.22.0
kubernetes=1.37 # of the client-go that this helm is built with
if [ "$(.tools/bin/helm version --template '{{.Version}}' 2>/dev/null)" = "$helm" ]; then
  exit 0
fi

chartutil=helm.sh/helm/v3/pkg/chartutil
flags="-w -s -X helm.sh/helm/v3/internal/version.version=$helm -X helm.sh/helm/v3/internal/version.metadata="
flags+=" -X $chartutil.k8sVersionMajor=${kubernetes%.*} -X $chartutil.k8sVersionMinor=${kubernetes#*.}"
CGO_ENABLED=0 GOBIN="$PWD/.tools/bin" nice go install -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@$helm"
