// Package arch tests the shape of the program: which way imports point, who may look
// at a secret, who may open a connection, and who may talk to the world.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/keyfit/keyfit/"

// floors maps each package to its floor. Imports point strictly down.
var floors = map[string]int{
	"internal/pos": 0, "internal/secret": 0, "internal/lazy": 0, "internal/order": 0,
	"internal/model": 1, "internal/repo": 1,
	"internal/strict": 2, "internal/origin": 2, "internal/sops": 2, "internal/sources": 2,
	"internal/pipeline": 3,
	"internal/session":  2, "internal/engine/powershell": 3, "internal/engine/batch": 3,
	"internal/pipeline/tree": 3,
	"internal/engine/github": 4, "internal/engine/github/expression": 3, "internal/engine/gitlab": 4, "internal/engine/jenkins": 4,
	"internal/engine/compose":  4,
	"internal/engine/circleci": 4, "internal/engine/azure": 4, "internal/engine/bitbucket": 4, "internal/engine/buildkite": 4,
	"internal/provider": 3, "internal/engine/dotenv": 3, "internal/engine/shell": 3, "internal/deploy": 3,
	"internal/engine/helm": 3, "internal/engine/helm/schema": 2, "internal/engine/kube": 3, "internal/engine/kustomize": 3,
	"internal/engine/gitops": 3, "internal/engine/terraform": 3, "internal/engine/terraform/function": 2,
	"internal/config": 4, "internal/verdict": 4,
	"internal/discover": 5, "internal/resolve": 5,
	"internal/keys": 6, "internal/wire": 6,
	"internal/probe": 7, "internal/checks": 7,
	"internal/report": 8, "internal/ci": 8, "internal/sandbox": 8, "internal/docs": 9, "examples": 0, "docs": 0,
	"internal/canary": 0, // for tests
	"internal/cli":    10,
	"cmd/keyfit":      11,
	// Generators stand beside the pipeline.
	"internal/docs/gen": 12,
}

// mayReveal lists who may look at the text of a secret, and why.
var mayReveal = map[string]string{
	"internal/engine/dotenv":            "evaluates expansions",
	"internal/engine/shell":             "evaluates scripts",
	"internal/engine/helm":              "renders templates",
	"internal/engine/kube":              "expands $(NAME) and decodes base64",
	"internal/engine/kustomize":         "puts overlays together",
	"internal/engine/gitops":            "reads the values that applications give",
	"internal/engine/terraform":         "evaluates configurations",
	"internal/session":                  "puts texts together from pieces",
	"internal/engine/powershell":        "evaluates scripts",
	"internal/engine/batch":             "evaluates scripts",
	"internal/pipeline":                 "hides values in the text of scripts",
	"internal/pipeline/tree":            "puts texts together from pieces",
	"internal/engine/github":            "evaluates expressions and reads what steps write",
	"internal/engine/github/expression": "evaluates expressions",
	"internal/engine/gitlab":            "expands variables",
	"internal/engine/jenkins":           "evaluates texts of Groovy",
	"internal/engine/circleci":          "expands parameters",
	"internal/engine/azure":             "evaluates expressions",
	"internal/engine/bitbucket":         "reads variables",
	"internal/engine/buildkite":         "expands variables",
	"internal/engine/compose":           "replaces variables in compose files",
	"internal/origin":                   "keeps texts that are put together from pieces",
	"internal/deploy":                   "reads NAME=value arguments",
	"internal/resolve":                  "finds the .env files that a command line names",
	"internal/provider":                 "recognises the form of a key",
	"internal/probe":                    "sends the key to its own API",
	"internal/ci":                       "masks values in the CI's log",
	"internal/cli":                      "resolve --reveal",
	"internal/secret":                   "is the secret",
	"internal/sops":                     "decrypts",
}

// mayConnect lists who may import a package that opens connections.
var mayConnect = map[string]string{
	"internal/probe":   "asks APIs",
	"internal/wire":    "asks data stores",
	"internal/sandbox": "is the API that the demo asks, on loopback",
}

// worldly is what only the top floor may touch: the environment of the process, its
// working directory, its exit, other programs, and the standard streams.
var worldly = []string{
	"os.Getenv", "os.LookupEnv", "os.Environ", "os.Exit", "os.Getwd", "os.Args",
	"os.Stdout", "os.Stderr", "os.Stdin", "fmt.Print", "fmt.Printf", "fmt.Println", "exec.Command",
}

// exempt lists what a package needs of the world all the same, and why.
var exempt = map[string]string{
	"internal/engine/kustomize os.Stderr": "keeps the warnings of the library, which may quote values, off the screen",
}

// hookGit is the one place that runs a program: the user's own git, for `keyfit hook`.
const hookGit = "cmd/keyfit/git.go os/exec"

type source struct {
	pkg  string
	name string
	file *ast.File
}

// sources parses every Go file of the product, tests left out.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(p, root), string(filepath.Separator)))
		if d.IsDir() {
			if slices.Contains([]string{".git", ".tools", "testdata", "node_modules", "dist", "tools"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{pkg: path.Dir(rel), name: rel, file: f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("found only %d source files: the walk is broken", len(out))
	}
	return out
}

func imports(f *ast.File) []string {
	var out []string
	for _, spec := range f.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		out = append(out, p)
	}
	return out
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		floor, known := floors[s.pkg]
		if !known {
			t.Errorf("%s: package %s has no floor; give it one in floors", s.name, s.pkg)
			continue
		}
		for _, imported := range imports(s.file) {
			inner, own := strings.CutPrefix(imported, module)
			if !own {
				continue
			}
			if under, ok := floors[inner]; !ok || under >= floor {
				t.Errorf("%s (floor %d) imports %s (floor %d); imports point strictly down", s.name, floor, inner, under)
			}
		}
	}
}

func TestWhoMayReveal(t *testing.T) {
	for _, s := range sources(t) {
		if mayReveal[s.pkg] != "" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reveal" {
				t.Errorf("%s calls Reveal; only these may: %v", s.name, mayReveal)
			}
			return true
		})
	}
}

func TestWhoMayConnect(t *testing.T) {
	for _, s := range sources(t) {
		for _, imported := range imports(s.file) {
			network := imported == "net" || strings.HasPrefix(imported, "net/http") || strings.HasPrefix(imported, "crypto/tls") ||
				strings.HasPrefix(imported, "golang.org/x/net")
			if network && mayConnect[s.pkg] == "" {
				t.Errorf("%s imports %s; only these may: %v", s.name, imported, mayConnect)
			}
			if (imported == "os/exec" || imported == "plugin" || imported == "unsafe") && s.pkg != "internal/docs/gen" && s.name+" "+imported != hookGit {
				t.Errorf("%s imports %s: nothing is ever executed", s.name, imported)
			}
		}
	}
}

// TestSandboxOnlyListens holds the sandbox to the server's side of net/http.
func TestSandboxOnlyListens(t *testing.T) {
	client := []string{"Get", "Post", "Client", "DefaultClient", "NewRequest", "NewRequestWithContext", "Dial", "DialTimeout", "Dialer"}
	for _, s := range sources(t) {
		if s.pkg != "internal/sandbox" {
			continue
		}
		eachQualified(s.file, func(pkg, name string) {
			if (pkg == "http" || pkg == "net") && slices.Contains(client, name) {
				t.Errorf("%s uses %s.%s; the sandbox only listens", s.name, pkg, name)
			}
		})
	}
}

func TestWhoMayTouchTheWorld(t *testing.T) {
	for _, s := range sources(t) {
		if floors[s.pkg] >= floors["cmd/keyfit"] {
			continue
		}
		eachQualified(s.file, func(pkg, name string) {
			if slices.Contains(worldly, pkg+"."+name) && exempt[s.pkg+" "+pkg+"."+name] == "" {
				t.Errorf("%s uses %s.%s; only cmd/keyfit touches the process", s.name, pkg, name)
			}
		})
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function; nothing registers itself", s.name)
			}
		}
	}
}

func TestEveryPackageIsDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

// eachQualified calls f for every pkg.Name in the file.
func eachQualified(file *ast.File, f func(pkg, name string)) {
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				f(x.Name, sel.Sel.Name)
			}
		}
		return true
	})
}
