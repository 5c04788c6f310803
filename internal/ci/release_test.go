package ci

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// releaser is what the tests need of .goreleaser.yaml.
type releaser struct {
	Builds []struct {
		Main         string   `yaml:"main"`
		Env          []string `yaml:"env"`
		Flags        []string `yaml:"flags"`
		Ldflags      []string `yaml:"ldflags"`
		ModTimestamp string   `yaml:"mod_timestamp"`
		Targets      []string `yaml:"targets"`
	} `yaml:"builds"`
	Archives []struct {
		NameTemplate string   `yaml:"name_template"`
		Formats      []string `yaml:"formats"`
	} `yaml:"archives"`
	Checksum struct {
		NameTemplate string `yaml:"name_template"`
		Algorithm    string `yaml:"algorithm"`
	} `yaml:"checksum"`
	SBOMs []any `yaml:"sboms"`
}

func readReleaser(t *testing.T) releaser {
	t.Helper()
	var r releaser
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, ".goreleaser.yaml"))), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReleaseFitsTheAction: the archives have the names that install.sh asks for.
func TestReleaseFitsTheAction(t *testing.T) {
	r := readReleaser(t)
	if len(r.Builds) != 1 || len(r.Archives) != 1 || len(r.SBOMs) == 0 {
		t.Fatalf("%+v", r)
	}
	a := r.Archives[0]
	name := strings.NewReplacer("{{ .ProjectName }}", "keyfit", "{{ .Version }}", "1.2.3", "{{ .Os }}", "linux", "{{ .Arch }}", "amd64").Replace(a.NameTemplate)
	if name != "keyfit_1.2.3_linux_amd64" || !slices.Equal(a.Formats, []string{"tar.gz"}) {
		t.Errorf("archives are called %s%v", name, a.Formats)
	}
	if r.Checksum.NameTemplate != "checksums.txt" || r.Checksum.Algorithm != "sha256" {
		t.Errorf("checksums: %+v", r.Checksum)
	}
	want := []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"}
	if diff := cmp.Diff(want, r.Builds[0].Targets); diff != "" {
		t.Error(diff)
	}
	b := r.Builds[0]
	if !slices.Contains(b.Env, "CGO_ENABLED=0") || !slices.Contains(b.Flags, "-trimpath") || !strings.Contains(b.ModTimestamp, "CommitTimestamp") {
		t.Errorf("the build is not reproducible: %+v", b)
	}
	for _, stamp := range regexp.MustCompile(`\{\{[^}]*\}\}`).FindAllString(strings.Join(b.Ldflags, " "), -1) {
		if stamp != "{{ .Version }}" && stamp != "{{ .CommitDate }}" {
			t.Errorf("%s can differ between two builds of one commit", stamp)
		}
	}
}

// build builds the program as a release does. cache is the compiler's cache; empty is
// the usual one.
func build(t *testing.T, source, out, cache string) {
	t.Helper()
	r := readReleaser(t)
	flags := strings.NewReplacer("{{ .Version }}", "1.2.3", "{{ .CommitDate }}", "2026-11-21T12:00:00Z").Replace(strings.Join(r.Builds[0].Ldflags, " "))
	args := append([]string{"build"}, r.Builds[0].Flags...)
	args = append(args, "-ldflags", flags, "-o", out, r.Builds[0].Main)
	cmd := exec.Command("go", args...)
	cmd.Dir = source
	cmd.Env = append(os.Environ(), append(r.Builds[0].Env, "GOOS=linux", "GOARCH=amd64")...)
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, text)
	}
}

// TestReproducibleAndStatic: two checkouts at different places give the same bytes, and
// those ask for nothing of the system that they run on.
func TestReproducibleAndStatic(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	elsewhere := filepath.Join(dir, "elsewhere")
	copySources(t, elsewhere)
	// In CI the second build compiles everything anew. Elsewhere it may reuse compiled
	// packages, which spares a minute and still compares what is linked and stamped.
	cache := ""
	if os.Getenv("CI") == "true" {
		cache = filepath.Join(dir, "cache")
	}
	build(t, root, first, "")
	build(t, elsewhere, second, cache)
	a, b := readBytes(t, first), readBytes(t, second)
	if !bytes.Equal(a, b) {
		t.Errorf("two builds differ (%d and %d bytes)", len(a), len(b))
	}
	checkStatic(t, first)
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(a, []byte(here)) {
		t.Error("the program holds the path that it was built at")
	}
	const most = 40 << 20
	if len(a) > most {
		t.Errorf("the program has %d bytes, the budget is %d", len(a), most)
	}
	t.Logf("%d bytes", len(a))
}

func checkStatic(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the program wants a loader of the system (%v)", p.Type)
		}
	}
}

func readBytes(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// copySources copies what the program is built from.
func copySources(t *testing.T, to string) {
	t.Helper()
	for _, name := range []string{"go.mod", "go.sum", "cmd", "internal", "examples", "docs", "keyfit.schema.json"} {
		from := filepath.Join(root, name)
		info, err := os.Stat(from)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(from))
		} else if err = os.MkdirAll(to, 0o755); err == nil {
			err = os.WriteFile(filepath.Join(to, name), readBytes(t, from), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestActionFromSource uses the action by path, as `uses: ./` does, with the real program.
func TestActionFromSource(t *testing.T) {
	j := newJob(t, "# none yet\n")
	j.workspace = filepath.Join(t.TempDir(), "work")
	copySources(t, j.workspace)
	scripts := filepath.Join(j.workspace, "scripts", "action")
	if err := os.CopyFS(scripts, os.DirFS(filepath.Join(j.dir, "scripts", "action"))); err != nil {
		t.Fatal(err)
	}
	j.dir = j.workspace
	example := filepath.Join("examples", "deactivated-owner", "fixed")
	j.inputs = map[string]string{"working-directory": example, "offline": "true", "on-unverified": "pass", "output": "report.json"}
	res := j.run()
	if res.code != 0 || res.outputs["result"] != "unverified" || res.outputs["report-path"] != filepath.Join(j.workspace, "report.json") {
		t.Fatalf("exit code %d, outputs %v:\n%s", res.code, res.outputs, res.log)
	}
	var report struct {
		Slots []any `json:"slots"`
	}
	if err := json.Unmarshal(readBytes(t, filepath.Join(j.workspace, "report.json")), &report); err != nil || len(report.Slots) == 0 {
		t.Errorf("the report has %d slots, %v", len(report.Slots), err)
	}
	if summary := read(t, filepath.Join(j.temp, "summary")); !strings.Contains(summary, "## keyfit: unverified") {
		t.Errorf("the summary is %q", summary)
	}
	if !strings.Contains(res.log, "keyfit: unverified:") || strings.Contains(res.log, "CANARY") {
		t.Errorf("the log lacks the result, or holds a key (%d bytes)", len(res.log))
	}
	j.inputs["on-unverified"] = ""
	if res := j.run(); res.code != 3 || res.outputs["result"] != "unverified" {
		t.Errorf("exit code %d, outputs %v:\n%s", res.code, res.outputs, res.log)
	}
}

// instructions reads a Dockerfile: comments are left out, continued lines joined.
func instructions(t *testing.T) [][2]string {
	t.Helper()
	var out [][2]string
	text := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(read(t, filepath.Join(root, "Dockerfile")), "")
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if verb, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out = append(out, [2]string{verb, strings.TrimSpace(rest)})
		}
	}
	return out
}

// TestDockerfile: the image is a single static file for a user without rights, and no
// shell or secret gets into it.
func TestDockerfile(t *testing.T) {
	all := instructions(t)
	last := 0
	for i, in := range all {
		if in[0] == "FROM" {
			last = i
		}
	}
	var final []string
	for _, in := range all[last:] {
		final = append(final, in[0]+" "+in[1])
	}
	want := []string{"FROM scratch", "COPY --from=build /image/ /", "USER 65532:65532", "WORKDIR /work", `ENTRYPOINT ["/keyfit"]`}
	if diff := cmp.Diff(want, final); diff != "" {
		t.Errorf("the final stage (-want +got):\n%s", diff)
	}
	var run string
	for _, in := range all[:last] {
		if in[0] == "RUN" {
			run += in[1] + "\n"
		}
		if in[0] == "ENV" && in[1] != "PATH=/bin:/" || in[0] == "ADD" {
			t.Errorf("%s %s has no place here", in[0], in[1])
		}
	}
	r := readReleaser(t)
	for _, need := range append(append([]string{"/etc/ssl/certs/ca-certificates.crt"}, r.Builds[0].Env...), append(r.Builds[0].Flags, r.Builds[0].Main)...) {
		if !strings.Contains(run, need) {
			t.Errorf("the build of the image lacks %s, which the release has", need)
		}
	}
	ignored := read(t, filepath.Join(root, ".dockerignore"))
	for _, need := range []string{".git\n", "**/.env\n", "**/.env.*\n"} {
		if !strings.Contains(ignored, need) {
			t.Errorf(".dockerignore lets %s through", strings.TrimSpace(need))
		}
	}
}
