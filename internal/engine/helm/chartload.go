package helm

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/ignore"
	"sigs.k8s.io/yaml"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/repo"
	"github.com/keyfit/keyfit/internal/strict"
)

// The limits of one chart with all its dependencies.
const (
	maxCharts     = 200
	maxNesting    = 20
	maxFiles      = 20_000
	maxDirs       = 30
	maxChartFile  = 5 << 20 // Helm's own
	maxChartBytes = 256 << 20
)

var byteOrderMark = []byte("\uFEFF")

// loadedChart is a chart while its dependencies are being processed. Helm copies charts and
// their metadata in places, so that some are shared: the same places copy here.
type loadedChart struct {
	meta      *chart.Metadata
	parent    *loadedChart
	deps      []*loadedChart
	values    *node
	schema    *File
	templates []File
	files     []File
	dir       string
	at        pos.Span // Chart.yaml
	doubt     *model.Value
}

func (c *loadedChart) name() string { return c.meta.Name }

func (c *loadedChart) setDependencies(deps []*loadedChart) {
	c.deps = slices.Clone(deps)
	for _, sub := range deps {
		sub.parent = c
	}
}

func (c *loadedChart) hasDependency(name string) bool {
	return slices.ContainsFunc(c.deps, func(sub *loadedChart) bool { return sub.name() == name })
}

func (c *loadedChart) fullPath() string {
	if c.parent == nil {
		return c.name()
	}
	return c.parent.fullPath() + "/charts/" + c.name()
}

func (c *loadedChart) hop() model.Hop {
	return model.Hop{At: c.at, Kind: model.KindHelmValues, What: "dependencies"}
}

// loader loads one chart with its values.
type loader struct {
	step     Step
	problems []model.Problem
	charts   int
	files    int
	bytes    int
	doubted  *model.Value // what becomes Loaded.Doubt
	open     *model.Value // what becomes Loaded.Open
}

func (l *loader) problem(at pos.Span, message, fix string) {
	l.problems = append(l.problems, model.Problem{At: at, Message: message, Fix: fix})
}

// doubt says that nothing is certain. The first reason stays.
func (l *loader) doubt(why *model.Value) {
	if l.doubted == nil {
		l.doubted = why
	}
}

// errChart is what is wrong with a chart. It never holds content of a file.
type errChart struct {
	at      pos.Span
	message string
	fix     string
}

func (e *errChart) Error() string { return e.message }

func (l *loader) report(err error) {
	if e := (*errChart)(nil); errors.As(err, &e) {
		l.problem(e.at, e.message, e.fix)
		return
	}
	l.problem(l.step.At, err.Error(), "")
}

func fail(at pos.Span, fix, format string, args ...any) error {
	return &errChart{at: at, message: fmt.Sprintf(format, args...), fix: fix}
}

// chart loads the chart at a path of the repository, which is a directory or an archive.
func (l *loader) chart(name string, depth int) (*loadedChart, error) {
	at := pos.Span{File: name}
	info, err := l.step.Files.Stat(name)
	if err != nil {
		return nil, fail(l.step.At, "give the path of a directory with Chart.yaml, or of a .tgz", "the chart %s is not in the repository", strict.Path(name))
	}
	if !info.Dir {
		data, err := l.step.Files.Read(name)
		if err != nil {
			return nil, fail(at, "", "the chart archive cannot be read: %s", reason(err))
		}
		files, err := l.unpack(data, name, "")
		if err != nil {
			return nil, err
		}
		return l.assemble(files, name, depth)
	}
	files, err := l.directory(name)
	if err != nil {
		return nil, err
	}
	return l.assemble(files, name, depth)
}

func reason(err error) string {
	if e := (*repo.Error)(nil); errors.As(err, &e) {
		return e.Kind.Error()
	}
	return "it is damaged"
}

// entry is what .helmignore's rules ask about a file.
type entry struct{ repo.Info }

func (e entry) Name() string       { return e.Info.Name }
func (e entry) Size() int64        { return e.Info.Size }
func (e entry) Mode() fs.FileMode  { return 0 }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool        { return e.Info.Dir }
func (e entry) Sys() any           { return nil }

// directory reads the files of a chart's directory that .helmignore does not leave out.
func (l *loader) directory(dir string) ([]File, error) {
	rules := ignore.Empty()
	if data, err := l.step.Files.Read(path.Join(dir, ignore.HelmIgnore)); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			return nil, fail(pos.Span{File: path.Join(dir, ignore.HelmIgnore)}, "", "has a pattern that helm does not understand")
		}
	}
	rules.AddDefaults()
	var files []File
	err := l.walk(dir, "", rules, 0, &files)
	return files, err
}

func (l *loader) walk(dir, below string, rules *ignore.Rules, depth int, files *[]File) error {
	at := pos.Span{File: path.Join(dir, below)}
	if depth > maxDirs {
		return fail(at, "move what is no chart elsewhere", "the directories of the chart are nested more than %d deep, the limit", maxDirs)
	}
	list, err := l.step.Files.List(path.Join(dir, below))
	if err != nil {
		return fail(at, "", "the directory of the chart cannot be read: %s", reason(err))
	}
	for _, info := range list {
		name := path.Join(below, info.Name)
		if info.Broken {
			return fail(pos.Span{File: path.Join(dir, name)}, "correct the link", "is a symbolic link that leads nowhere, or out of the repository; helm follows it")
		}
		if rules.Ignore(name, entry{info}) {
			continue
		}
		if info.Dir {
			if err := l.walk(dir, name, rules, depth+1, files); err != nil {
				return err
			}
			continue
		}
		f, err := l.read(path.Join(dir, name), name)
		if err != nil {
			return err
		}
		*files = append(*files, f)
	}
	return nil
}

func (l *loader) read(from, name string) (File, error) {
	at := pos.Span{File: from}
	data, err := l.step.Files.Read(from)
	if err != nil {
		fix := "put it into the repository"
		if errors.Is(err, repo.ErrTooLarge) {
			fix = "make it smaller, or list it in .helmignore when no template needs it"
		}
		return File{}, fail(at, fix, "the file of the chart cannot be read: %s", reason(err))
	}
	if len(data) > maxChartFile {
		return File{}, fail(at, "leave it out by .helmignore", "is larger than 5 MiB, helm's limit for a file of a chart")
	}
	f := File{Name: name, Data: bytes.TrimPrefix(data, byteOrderMark), Path: from}
	f.BOM = len(data) - len(f.Data)
	return f, l.count(at, len(data))
}

// count counts a file against the limits.
func (l *loader) count(at pos.Span, size int) error {
	l.files++
	l.bytes += size
	if l.files > maxFiles || l.bytes > maxChartBytes {
		return fail(at, "leave out by .helmignore what the chart does not need", "the chart has more than %d files or %d MiB, the limit", maxFiles, maxChartBytes>>20)
	}
	return nil
}

// assemble makes a chart of its files, and its dependencies of those in charts/.
func (l *loader) assemble(files []File, dir string, depth int) (*loadedChart, error) {
	at := pos.Span{File: dir}
	if l.charts++; l.charts > maxCharts || depth > maxNesting {
		return nil, fail(at, "", "the chart has more than %d charts in it, or nests them more than %d deep, the limit", maxCharts, maxNesting)
	}
	c := &loadedChart{dir: dir}
	if err := c.metadata(files); err != nil {
		return nil, err
	}
	subs := map[string][]File{}
	var names []string
	for _, f := range files {
		switch below, isSub := strings.CutPrefix(f.Name, "charts/"); {
		case isSub && path.Ext(f.Name) != ".prov":
			name, _, _ := strings.Cut(below, "/")
			f.Name = below
			if subs[name] == nil {
				names = append(names, name)
			}
			subs[name] = append(subs[name], f)
		case f.Name == "values.yaml":
			values, err := l.defaults(f)
			if err != nil {
				return nil, err
			}
			c.values = values
		default:
			c.place(f)
		}
	}
	slices.Sort(names)
	var deps []*loadedChart
	for _, name := range names {
		if strings.IndexAny(name, "_.") == 0 {
			continue
		}
		sub, err := l.dependency(name, subs[name], dir, depth+1)
		if err != nil {
			l.report(err) // without it the others can still be told
			continue
		}
		deps = append(deps, sub)
	}
	c.setDependencies(deps)
	return c, nil
}

// place puts a file where Helm keeps it.
func (c *loadedChart) place(f File) {
	switch {
	case f.Name == "Chart.yaml", f.Name == "Chart.lock":
	case f.Name == "values.schema.json":
		c.schema = &f
	case f.Name == "requirements.yaml", f.Name == "requirements.lock":
		if c.meta.APIVersion == chart.APIVersionV1 {
			c.files = append(c.files, f)
		}
	case strings.HasPrefix(f.Name, "templates/"):
		c.templates = append(c.templates, f)
	default:
		c.files = append(c.files, f)
	}
}

// metadata reads Chart.yaml, and requirements.yaml as charts of the first version have it.
func (c *loadedChart) metadata(files []File) error {
	for _, name := range []string{"Chart.yaml", "requirements.yaml"} {
		i := slices.IndexFunc(files, func(f File) bool { return f.Name == name })
		if i < 0 {
			continue
		}
		if c.meta == nil {
			c.meta, c.at = &chart.Metadata{}, pos.Span{File: files[i].Path}
		}
		if err := yaml.Unmarshal(files[i].Data, c.meta); err != nil {
			wrong := syntaxOf(err)
			return fail(wrong.in(files[i]), "correct it", "is not a valid %s: %s", name, cmp.Or(wrong.message, "expected its fields"))
		}
		if name == "Chart.yaml" && c.meta.APIVersion == "" {
			c.meta.APIVersion = chart.APIVersionV1
		}
	}
	if !slices.ContainsFunc(files, func(f File) bool { return f.Name == "Chart.yaml" }) {
		return fail(pos.Span{File: c.dir}, "give the directory of a chart", "has no Chart.yaml, expected a chart")
	}
	if err := c.meta.Validate(); err != nil {
		return fail(c.at, "correct Chart.yaml", "helm refuses the chart: %s", invalid(err))
	}
	return nil
}

// invalid cuts what Helm says of a Chart.yaml before it repeats what stands there.
func invalid(err error) string {
	message, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "validation: "), " \"")
	return message
}

// dependency loads what lies in charts/ under one name.
func (l *loader) dependency(name string, files []File, dir string, depth int) (*loadedChart, error) {
	where := path.Join(dir, "charts", name)
	if path.Ext(name) == ".tgz" {
		f := files[0]
		if f.Name != name {
			return nil, fail(pos.Span{File: f.Path}, "", "lies in a directory that is called like an archive; helm refuses it")
		}
		inner, err := l.unpack(f.Data, f.Path, f.Inner)
		if err != nil {
			return nil, err
		}
		return l.assemble(inner, where, depth)
	}
	var own []File
	for _, f := range files {
		if _, rest, ok := strings.Cut(f.Name, "/"); ok {
			f.Name = rest
			own = append(own, f)
		}
	}
	return l.assemble(own, where, depth)
}
