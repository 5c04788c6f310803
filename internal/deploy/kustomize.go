package deploy

func kustomize() Adapter {
	return Adapter{Names: []string{"kustomize"}, Read: readKustomize}
}

func kustomizeRules() flagRules {
	return flagRules{
		valued:   kubeValued + " e,env helm-api-versions helm-command helm-kube-version load-restrictor mount network-name o,output reorder",
		switches: "as-current-user enable-alpha-plugins enable-exec enable-helm enable-star helm-debug h,help network enable-managedby-label stack-trace",
	}
}

// readKustomize reads `kustomize build DIR`, which prints, and `kustomize edit`, which
// changes the kustomization in its directory.
func readKustomize(c Call) (Delivery, bool) {
	r := &reading{call: c, tool: "kustomize"}
	r.d.Passes = true
	global, name, rest, ok := subcommand(c.arguments(), flagRules{switches: "stack-trace h,help"})
	if !ok {
		return r.unreadable(global)
	}
	r.tool += " " + name
	switch name {
	case "build":
		return kube{reading: r}.kustomize(readFlags(rest, kustomizeRules()))
	case "edit":
		edit := Edit{At: c.At, Tool: "kustomize", Dir: c.Dir}
		if len(c.Args) > 1 {
			edit.Args = c.Args[1:]
		}
		if c.Open > 0 {
			r.doubt(c.Args[min(c.Open, len(c.Args)-1)], "how many arguments kustomize edit has is not known", "put them in quotes")
		}
		r.d.Edits = append(r.d.Edits, edit)
		return r.result()
	}
	return Delivery{}, false
}
