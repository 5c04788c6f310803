package helm

import (
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// The versions that this package claims to be equal to.
const (
	helmVersion       = "v3.22.0"
	defaultKubernetes = "v1.37.0" // what a released helm of that version takes for granted
)

// Capabilities is what .Capabilities gives.
type Capabilities struct {
	KubeVersion KubeVersion
	APIVersions VersionSet
	HelmVersion BuildInfo
}

// KubeVersion is the version of Kubernetes.
type KubeVersion struct{ Version, Major, Minor string }

// String gives the version.
func (v *KubeVersion) String() string { return v.Version }

// GitVersion gives the version.
func (v *KubeVersion) GitVersion() string { return v.Version }

// VersionSet lists the versions of APIs, and their kinds where a cluster was asked.
type VersionSet []string

// Has reports whether a version of an API is there.
func (v VersionSet) Has(version string) bool { return slices.Contains(v, version) }

// BuildInfo is the version of Helm.
type BuildInfo struct {
	Version      string `json:"version,omitempty"`
	GitCommit    string `json:"git_commit,omitempty"`
	GitTreeState string `json:"git_tree_state,omitempty"`
	GoVersion    string `json:"go_version,omitempty"`
}

func capabilities(step Step) (*Capabilities, error) {
	version, err := parseKubeVersion(step.KubeVersion)
	return &Capabilities{
		KubeVersion: version,
		APIVersions: append(slices.Clone(builtinVersions()), step.APIVersions...),
		HelmVersion: BuildInfo{Version: helmVersion, GoVersion: runtime.Version()},
	}, err
}

// parseKubeVersion reads --kube-version: two or more numbers, and anything behind them.
func parseKubeVersion(text string) (KubeVersion, error) {
	if text == "" {
		text = defaultKubernetes
	}
	digits := strings.TrimPrefix(strings.TrimSpace(text), "v")
	if end := strings.IndexFunc(digits, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		digits = digits[:end]
	}
	parts := strings.Split(strings.TrimSuffix(digits, "."), ".")
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 64)
		if err != nil || len(parts) < 2 || i == 0 && len(p) > 1 && p[0] == '0' {
			return KubeVersion{}, errors.New("invalid kube version, expected one such as 1.37.0")
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	return KubeVersion{Version: "v" + strings.Join(parts, "."), Major: parts[0], Minor: parts[1]}, nil
}

// builtinVersions are those that helm itself was built with, without a cluster.
func builtinVersions() []string {
	return strings.Fields(builtin)
}

const builtin = `v1 admissionregistration.k8s.io/v1 admissionregistration.k8s.io/v1alpha1 admissionregistration.k8s.io/v1beta1
internal.apiserver.k8s.io/v1alpha1 apps/v1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1
authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1 authorization.k8s.io/v1
authorization.k8s.io/v1beta1 autoscaling/v1 autoscaling/v2 batch/v1 batch/v1beta1 certificates.k8s.io/v1
certificates.k8s.io/v1beta1 certificates.k8s.io/v1alpha1 coordination.k8s.io/v1alpha2
coordination.k8s.io/v1beta1 coordination.k8s.io/v1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1
events.k8s.io/v1 events.k8s.io/v1beta1 extensions/v1beta1 flowcontrol.apiserver.k8s.io/v1
flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3
lifecycle.k8s.io/v1alpha1 networking.k8s.io/v1 networking.k8s.io/v1beta1 node.k8s.io/v1 node.k8s.io/v1alpha1
node.k8s.io/v1beta1 policy/v1 policy/v1beta1 rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1
rbac.authorization.k8s.io/v1alpha1 resource.k8s.io/v1 resource.k8s.io/v1beta2 resource.k8s.io/v1beta1
resource.k8s.io/v1alpha3 scheduling.k8s.io/v1alpha3 scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1
storage.k8s.io/v1beta1 storage.k8s.io/v1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1
storagemigration.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiextensions.k8s.io/v1`
