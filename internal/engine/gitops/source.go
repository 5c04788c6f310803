package gitops

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
)

// place is a directory of this repository, and how sure that is.
type place struct {
	dir   string
	hops  []model.Hop
	doubt *model.Value
}

// doubted keeps the first doubt.
func (p *place) doubted(why model.Reason, needs string, trail model.Trail) {
	if p.doubt == nil {
		u := model.UnknownBecause(why, needs, trail)
		p.doubt = &u
	}
}

// origins are where a source's files come from, as the manifest says it.
type origins struct {
	at                  pos.Span
	what                string
	url, revision, path model.Value
}

// place finds the directory that a source means. It is not ok when the source is of
// another repository, or its path does not exist here.
func (r *reader) place(s origins) (p place, ok bool) {
	repository, sure := known(s.url)
	switch {
	case s.url.State == model.Unknown:
		p.doubted(s.url.Why, "which repository "+s.what+" is of", s.url.Trail)
	case sure && len(r.in.Self) > 0 && !r.self(repository):
		r.problem(s.at, "leads to another repository, so what it deploys is not known here", "")
		return p, false
	case len(r.in.Self) == 0 || !sure:
		p.hops = append(p.hops, model.Hop{At: s.at, Kind: model.KindManifest, What: s.what + ", its repository taken to be this one"})
	}
	r.revision(&p, s)
	dir, sure := known(s.path)
	if s.path.State == model.Unknown {
		r.problem(s.at, "leads to a path that is not known, expected one in this repository", "write the path out")
		return p, false
	}
	if !sure {
		dir = "."
	}
	p.dir = path.Join(".", strings.TrimLeft(dir, "/"))
	if r.in.Files == nil || outside(p.dir) {
		r.problem(s.at, "leads out of this repository, expected a path within it", "correct the path")
		return p, false
	}
	if info, err := r.in.Files.Stat(p.dir); err != nil || !info.Dir {
		r.problem(s.at, "leads to a directory that is not in this repository", "correct the path; for files of another repository nothing can be done here")
		return p, false
	}
	return p, true
}

func outside(name string) bool { return name == ".." || strings.HasPrefix(name, "../") }

func (r *reader) revision(p *place, s origins) {
	revision, ok := known(s.revision)
	switch {
	case s.revision.State == model.Unknown:
		p.doubted(s.revision.Why, "which revision "+s.what+" is of", s.revision.Trail)
	case ok && !slices.Contains([]string{"", "HEAD", "main", "master"}, revision) && !slices.Contains(r.in.Revisions, strings.TrimPrefix(strings.TrimPrefix(revision, "refs/heads/"), "refs/tags/")):
		p.doubted(model.WhyUnsupported, "the files of the revision that "+s.what+" names", s.revision.Trail)
	}
}

func (r *reader) self(repository string) bool {
	return slices.ContainsFunc(r.in.Self, func(self string) bool { return address(self) == address(repository) })
}

// address is a repository's URL as host and path, which all ways of cloning it share.
func address(repository string) string {
	text := strings.TrimSpace(repository)
	host, rest := "", ""
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		host, rest = u.Hostname(), u.Path
	} else if before, after, ok := strings.Cut(text, ":"); ok && !strings.Contains(before, "/") {
		_, host, ok = strings.Cut(before, "@")
		if !ok {
			host = before
		}
		rest = after
	} else {
		rest = text
	}
	rest = strings.TrimSuffix(strings.Trim(rest, "/"), ".git")
	return strings.ToLower(host + "/" + rest)
}

// file is the name of a file that must lie in the repository; ok is false when it leads
// out of it.
func file(dir, name string) (string, bool) {
	joined := path.Join(dir, name)
	if strings.HasPrefix(name, "/") {
		joined = path.Join(".", strings.TrimLeft(name, "/"))
	}
	return joined, !outside(joined)
}

func (r *reader) exists(name string) bool {
	if r.in.Files == nil {
		return false
	}
	info, err := r.in.Files.Stat(name)
	return err == nil && !info.Dir
}

// has reports whether a directory holds one of the files.
func (r *reader) has(dir string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return r.exists(path.Join(dir, name)) })
}

func (r *reader) isKustomization(dir string) bool {
	return r.has(dir, "kustomization.yaml", "kustomization.yml", "Kustomization")
}

// walk calls visit for the entries below dir in the order of their names, with their path
// relative to it; visit says whether to go into a directory.
func (r *reader) walk(dir string, visit func(name string, dir bool) bool) {
	left := maxListed
	r.walkInto(dir, "", 0, &left, visit)
	if left < 0 {
		r.problem(pos.Span{File: dir}, "holds more than 20000 files, the limit", "split the directory")
	}
}

func (r *reader) walkInto(dir, below string, depth int, left *int, visit func(string, bool) bool) {
	list, err := r.in.Files.List(path.Join(dir, below))
	if err != nil || depth > maxDepth {
		return
	}
	for _, info := range list {
		if *left--; *left < 0 {
			return
		}
		if info.Broken {
			continue
		}
		name := path.Join(below, info.Name)
		if visit(name, info.Dir) && info.Dir {
			r.walkInto(dir, name, depth+1, left, visit)
		}
	}
}
