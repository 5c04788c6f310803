package deploy

import (
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

func kubectl() Adapter {
	return Adapter{Names: []string{"kubectl", "oc", "microk8s.kubectl"}, Read: readKubectl}
}

const (
	kubeValued = "as as-group as-uid as-user-extra cache-dir certificate-authority client-certificate client-key cluster context kubeconfig kuberc log-flush-frequency n,namespace password profile profile-output " +
		"request-timeout s,server tls-server-name token user username v,v vmodule"
	kubeSwitches = "disable-compression h,help insecure-skip-tls-verify match-server-version warnings-as-errors"
	// Of these flags with a value, the value is never the next word.
	kubePrints = " allow-missing-template-keys show-managed-fields dry-run validate"
)

// kubeRules adds the flags that all commands of kubectl share.
func kubeRules(valued, switches string, operands int) flagRules {
	return flagRules{valued: kubeValued + " field-manager o,output template " + valued, switches: kubeSwitches + kubePrints + " " + switches, operands: operands}
}

// kube is one command of kubectl with what was said in front of it.
type kube struct {
	*reading
	global flagLine
}

func readKubectl(c Call) (Delivery, bool) {
	r := &reading{call: c, tool: "kubectl"}
	r.d.Passes = true
	global, name, rest, ok := subcommand(c.arguments(), flagRules{valued: kubeValued, switches: kubeSwitches})
	if !ok {
		return r.unreadable(global)
	}
	k := kube{reading: r, global: global}
	r.tool = "kubectl " + name
	switch name {
	case "apply":
		return k.manifests(readFlags(rest, kubeRules("f,filename grace-period k,kustomize prune-allowlist prune-whitelist l,selector subresource timeout",
			"all cascade force force-conflicts openapi-patch overwrite prune R,recursive server-side wait", 0)))
	case "replace":
		return k.manifests(readFlags(rest, kubeRules("f,filename grace-period k,kustomize raw subresource timeout", "cascade force R,recursive save-config wait", 0)))
	case "create":
		return k.create(rest)
	case "kustomize":
		return k.kustomize(readFlags(rest, kustomizeRules()))
	case "set":
		return k.set(rest)
	case "run":
		return k.run(readFlags(rest, runPodRules()))
	case "delete":
		return k.delete(rest)
	case "config":
		return k.config(rest)
	}
	return Delivery{}, false
}

// namespace is that of the command, or else the one in front of it.
func (k kube) namespace(l flagLine) model.Value {
	if v := l.last("namespace"); v.State != model.Absent {
		return v
	}
	return k.global.last("namespace")
}

// clusterFlags are what a command line says of the cluster.
var clusterFlags = []string{"context", "kubeconfig", "cluster", "server", "kube-context", "kube-apiserver"}

// cluster takes over what the command, or what stands in front of it, says of the cluster.
func (k kube) cluster(l flagLine) { k.onCluster(k.global, l) }

func (r *reading) onCluster(lines ...flagLine) {
	r.d.Cluster = nil
	if v := r.call.Env.Get("KUBECONFIG"); v.State != model.Absent {
		r.d.Cluster = append(r.d.Cluster, v)
	}
	for _, l := range lines {
		for _, w := range l.all(clusterFlags...) {
			r.d.Cluster = append(r.d.Cluster, w.value())
		}
	}
}

// delete reads `kubectl delete KIND NAME…` and `delete KIND/NAME…`. What is deleted in any
// other way is not told: then the objects count as still there, and are applied anew.
func (k kube) delete(rest arguments) (Delivery, bool) {
	l := readFlags(rest, kubeRules("cascade f,filename field-selector grace-period k,kustomize raw l,selector timeout", "all A,all-namespaces force ignore-not-found i,interactive now R,recursive wait", 1))
	if l.doubt != nil || dryRun(l) != no || len(l.operands) == 0 {
		return Delivery{}, false
	}
	k.take(l)
	k.cluster(l)
	for _, r := range k.resources(l.operands, l) {
		k.d.Deletes = append(k.d.Deletes, Deleted{Kind: kubeKind(r.kind), Name: r.name.value(), Namespace: k.namespace(l)})
	}
	return k.result()
}

// dryRun says whether the command only prints.
func dryRun(l flagLine) answer {
	all := l.all("dry-run")
	if len(all) == 0 {
		return no
	}
	text, ok := all[len(all)-1].known()
	switch {
	case !ok:
		return maybe
	case text == "none" || text == "false":
		return no
	}
	return yes
}

// printed marks what a dry run prints. Where that is not certain, nothing is.
func (r *reading) printed(l flagLine) {
	switch dryRun(l) {
	case yes:
		r.d.Printed = true
	case maybe:
		u := unknownLike(*firstUnknown(l.all("dry-run")))
		r.doubt(u, "whether "+r.tool+" is a dry run is not known, expected a fixed word", "write --dry-run=client out")
	}
}

// manifests reads `kubectl apply`, `replace` and `create -f`.
func (k kube) manifests(l flagLine) (Delivery, bool) {
	k.take(l)
	k.printed(l)
	k.cluster(l)
	m := Manifests{
		At: k.call.At, Namespace: k.namespace(l), Stdin: k.call.Stdin, Dir: k.call.Dir, Env: k.call.Env,
		Recursive: l.has("recursive") == yes,
	}
	if l.doubt == nil && l.has("recursive") == maybe {
		k.doubt(model.Value{Why: model.WhyUnsupported, Needs: "the value of --recursive"}, "the value of --recursive is not known, expected true or false", "write it out")
	}
	for _, w := range l.all("filename") {
		m.Paths = append(m.Paths, k.list(w)...)
	}
	if dirs := l.all("kustomize"); len(dirs) > 0 {
		m.Kustomize, m.Paths = true, []model.Value{dirs[len(dirs)-1].value()}
	}
	if len(l.all("selector")) > 0 {
		k.doubt(model.Value{Why: model.WhyUnsupported, Needs: "an apply without --selector"}, "kubectl with --selector applies only some of the objects, expected all of them", "apply the files that are meant")
	}
	if len(m.Paths) == 0 && k.open == nil {
		return Delivery{}, false
	}
	m.Doubt = k.open
	k.d.Manifests = append(k.d.Manifests, m)
	return k.result()
}

// kustomize reads `kubectl kustomize DIR` and `kustomize build DIR`, which print.
func (k kube) kustomize(l flagLine) (Delivery, bool) {
	k.take(l)
	dir := l.operand(0)
	if dir.State == model.Absent {
		dir = model.KnownText(".", model.Hop{At: k.call.At, Kind: model.KindDefault, What: k.tool})
	}
	k.d.Printed = true
	if v := l.last("load-restrictor"); v.State == model.Unknown && k.open == nil {
		k.doubt(v, "the value of --load-restrictor is not known, expected a fixed word", "write it out")
	}
	k.d.Manifests = append(k.d.Manifests, Manifests{
		At: k.call.At, Paths: []model.Value{dir}, Kustomize: true, Dir: k.call.Dir, Env: k.call.Env,
		Unrestricted: wordOf(l.last("load-restrictor")).is("LoadRestrictionsNone"), Inflate: l.has("enable-helm") == yes,
		Namespace: model.Value{State: model.Absent}, Stdin: model.Value{State: model.Absent}, Doubt: k.open,
	})
	return k.result()
}

// config reads what later commands take their namespace and cluster from.
func (k kube) config(rest arguments) (Delivery, bool) {
	l := readFlags(rest, flagRules{valued: kubeValued, switches: kubeSwitches + " current", operands: 2})
	if len(l.operands) == 0 {
		return Delivery{}, false
	}
	switch {
	case l.operands[0].is("use-context", "use"):
		k.take(l)
		k.choose("context", l.operand(1))
	case l.operands[0].is("set-context") && len(l.all("namespace")) > 0:
		k.take(l)
		k.choose("namespace", l.last("namespace"))
	default:
		return Delivery{}, false
	}
	return k.result()
}

func (k kube) choose(kind string, name model.Value) {
	k.d.Selections = append(k.d.Selections, Selection{At: k.call.At, Tool: "kubectl", Kind: kind, Name: name})
}

func runPodRules() flagRules {
	return kubeRules("annotations f,filename env grace-period image image-pull-policy k,kustomize l,labels override-type overrides pod-running-timeout port restart timeout",
		"attach cascade command expose force leave-stdin-open privileged q,quiet R,recursive rm save-config i,stdin t,tty wait", 1)
}

// run reads `kubectl run NAME --image=… --env=K=V`.
func (k kube) run(l flagLine) (Delivery, bool) {
	k.take(l)
	k.need(l, 1)
	k.printed(l)
	k.cluster(l)
	name := l.word(0)
	t := k.workload("pod", name, k.namespace(l), "--env")
	if text, ok := name.known(); ok {
		t.consumer.Container = text
	}
	t.wild(model.UnknownBecause(model.WhyRemoteState, model.ImageSets, model.Trail{}))
	for _, w := range l.all("env") {
		t.pair(w)
	}
	for range l.all("overrides") {
		t.lose(model.UnknownBecause(model.WhyUnsupported, "kubectl run without --overrides", model.Trail{}))
	}
	t.done()
	return k.result()
}

// workload is a consumer in Kubernetes.
func (k kube) workload(kind string, name word, namespace model.Value, flag string) *target {
	what := k.tool
	if flag != "" {
		what += " " + flag
	}
	t := k.target("kubernetes", name, what)
	if _, ok := name.known(); ok {
		t.consumer.Workload = kubeKind(kind) + "/" + t.consumer.Workload
	} else {
		t.consumer.Workload = "a " + kubeKind(kind) + " whose name is not known"
	}
	if namespace.State == model.Known {
		t.consumer.Namespace = namespace.Text.Reveal()
	}
	return t
}

// kubeKind is the kind of a resource as manifests spell it.
func kubeKind(resource string) string {
	name, _, _ := strings.Cut(strings.ToLower(resource), ".")
	switch name {
	case "deploy", "deployment", "deployments":
		return "Deployment"
	case "sts", "statefulset", "statefulsets":
		return "StatefulSet"
	case "ds", "daemonset", "daemonsets":
		return "DaemonSet"
	case "rs", "replicaset", "replicasets":
		return "ReplicaSet"
	case "rc", "replicationcontroller", "replicationcontrollers":
		return "ReplicationController"
	case "cj", "cronjob", "cronjobs":
		return "CronJob"
	case "job", "jobs":
		return "Job"
	case "po", "pod", "pods":
		return "Pod"
	case "dc", "deploymentconfig", "deploymentconfigs":
		return "DeploymentConfig"
	case "secret", "secrets":
		return "Secret"
	case "cm", "configmap", "configmaps":
		return "ConfigMap"
	}
	return resource
}
