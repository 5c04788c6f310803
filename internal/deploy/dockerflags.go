package deploy

// What docker, podman and nerdctl take in front of their commands.
const (
	dockerGlobals  = "config c,context H,host l,log-level tlscacert tlscert tlskey"
	dockerToggles  = "D,debug tls tlsverify v,version help"
	podmanGlobals  = "cgroup-manager config conmon c,connection events-backend hooks-dir identity imagestore log-level module namespace network-cmd-path out root runroot runtime runtime-flag ssh storage-driver storage-opt tmpdir url volumepath"
	podmanToggles  = "help noout r,remote syslog trace v,version transient-store"
	nerdctlGlobals = "H,host a,address n,namespace snapshotter storage-driver cni-path cni-netconfpath data-root cgroup-manager hosts-dir host-gateway-ip bridge-ip"
	nerdctlToggles = "debug debug-full insecure-registry experimental kube-hide-dupe help v,version"
)

// What starts a container. podman and nerdctl have flags of their own beside docker's.
const (
	runValued = "add-host annotation a,attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime " +
		"c,cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns dns-opt dns-option dns-search " +
		"domainname entrypoint e,env env-file expose gpus group-add health-cmd health-interval health-retries health-start-interval health-start-period health-timeout h,hostname io-maxbandwidth " +
		"io-maxiops ip ip6 ipc isolation kernel-memory l,label label-file link link-local-ip log-driver log-opt mac-address m,memory memory-reservation memory-swap memory-swappiness mount name net " +
		"net-alias network network-alias oom-score-adj pid pids-limit platform p,publish pull restart runtime security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit u,user " +
		"userns uts v,volume volume-driver volumes-from w,workdir"
	runSwitches   = "d,detach disable-content-trust help init i,interactive no-healthcheck oom-kill-disable privileged P,publish-all q,quiet read-only rm sig-proxy t,tty use-api-socket"
	podmanValued  = " arch authfile cgroup-conf cgroups chrootdirs conmon-pidfile creds decryption-key env-merge gidmap group-entry gpus health-on-failure hostuser image-volume init-ctr init-path os passwd-entry personality pidfile pod pod-id-file preserve-fds requires retry retry-delay rdt-class sdnotify seccomp-policy secret subgidname subuidname systemd timeout tz uidmap umask unsetenv variant"
	podmanFlags   = " env-host http-proxy no-hostname no-hosts passwd read-only-tmpfs replace rmi rootfs tls-verify unsetenv-all"
	nerdctlValued = " cgroup-conf cosign-certificate-identity cosign-key gidmap ipfs-address label-file log-uri pidfile rdt-class systemd uidmap umask verify"
	nerdctlFlags  = " rootfs"

	execValued   = "detach-keys e,env env-file u,user w,workdir preserve-fds"
	execSwitches = "d,detach help i,interactive privileged t,tty"
)

const (
	buildValued = "add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent cpu-period cpu-quota c,cpu-shares cpuset-cpus cpuset-mems f,file iidfile isolation label " +
		"m,memory memory-swap metadata-file network no-cache-filter o,output platform progress provenance sbom secret security-opt shm-size ssh t,tag target ulimit"
	buildSwitches = "check compress D,debug disable-content-trust force-rm help load no-cache pull push q,quiet rm squash"
	podmanBuild   = " arch authfile build-arg-file cap-add cap-drop certs-dir cgroupns cpp-flag creds decryption-key device dns dns-option dns-search env format from group-add hooks-dir ignorefile ipc jobs layer-label logfile manifest os os-feature os-version pid retry retry-delay runtime runtime-flag sign-by source-date-epoch timestamp unsetenv unsetlabel userns userns-gid-map userns-uid-map uts variant v,volume"
	podmanBuilds  = " all-platforms compat-volumes disable-compression force-rm http-proxy identity-label inherit-labels inherit-annotations layers no-hostname no-hosts omit-history rewrite-timestamp squash-all stdin tls-verify skip-unused-stages"
)

const (
	serviceValued = "cap-add cap-drop credential-spec endpoint-mode entrypoint health-cmd health-interval health-retries health-start-interval health-start-period health-timeout hostname isolation limit-cpu limit-memory " +
		"limit-pids log-driver log-opt max-concurrent oom-score-adj replicas replicas-max-per-node reserve-cpu reserve-memory restart-condition restart-delay restart-max-attempts restart-window " +
		"rollback-delay rollback-failure-action rollback-max-failure-ratio rollback-monitor rollback-order rollback-parallelism stop-grace-period stop-signal update-delay update-failure-action " +
		"update-max-failure-ratio update-monitor update-order update-parallelism u,user w,workdir "
	serviceSwitches = "d,detach help init no-healthcheck no-resolve-image q,quiet read-only t,tty with-registry-auth"
	createValued    = "config constraint container-label dns dns-option dns-search e,env env-file generic-resource group host l,label mode mount name network placement-pref p,publish secret sysctl ulimit"
	updateValued    = "args config-add config-rm constraint-add constraint-rm container-label-add container-label-rm dns-add dns-option-add dns-option-rm dns-rm dns-search-add dns-search-rm env-add env-rm " +
		"generic-resource-add generic-resource-rm group-add group-rm host-add host-rm image label-add label-rm mount-add mount-rm network-add network-rm placement-pref-add placement-pref-rm " +
		"publish-add publish-rm secret-add secret-rm sysctl-add sysctl-rm ulimit-add ulimit-rm"
)

func dockerGlobalRules(tool string) flagRules {
	switch tool {
	case "podman":
		return flagRules{valued: podmanGlobals, switches: podmanToggles}
	case "nerdctl":
		return flagRules{valued: nerdctlGlobals, switches: nerdctlToggles}
	}
	return flagRules{valued: dockerGlobals, switches: dockerToggles}
}

func runRules(tool string) flagRules {
	g := flagRules{valued: runValued, switches: runSwitches, upfront: true, operands: 1}
	switch tool {
	case "podman":
		g.valued, g.switches = g.valued+podmanValued, g.switches+podmanFlags
	case "nerdctl":
		g.valued, g.switches = g.valued+nerdctlValued, g.switches+nerdctlFlags
	}
	return g
}

func buildRules(tool string) flagRules {
	g := flagRules{valued: buildValued, switches: buildSwitches, operands: 1}
	if tool == "podman" {
		g.valued, g.switches, g.operands = g.valued+podmanBuild, g.switches+podmanBuilds, 0
	}
	return g
}
