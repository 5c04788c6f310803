package sources

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/repo"
)

func tree(t testing.TB, files map[string]string) *repo.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { found.Close() })
	return found
}

// TestReads: one line of each language, with the names that it reads.
func TestReads(t *testing.T) {
	for line, want := range map[string]string{
		`const k = process.env.PAY_KEY`:                           "PAY_KEY",
		`const k = process.env?.PAY_KEY ?? "x"`:                   "PAY_KEY",
		`const k = process.env["PAY_KEY"] || process.env.OLD_KEY`: "PAY_KEY OLD_KEY",
		`const { PAY_KEY, OTHER_KEY: other = "x" } = process.env`: "PAY_KEY OTHER_KEY",
		`key = import.meta.env.VITE_KEY`:                          "VITE_KEY",
		`Deno.env.get("PAY_KEY")`:                                 "PAY_KEY",
		`key = os.environ["PAY_KEY"]`:                             "PAY_KEY",
		`key = os.environ.get('PAY_KEY', '')`:                     "PAY_KEY",
		`key = os.getenv("PAY_KEY")`:                              "PAY_KEY",
		`KEY = env("PAY_KEY")`:                                    "PAY_KEY",
		`key := os.Getenv("PAY_KEY")`:                             "PAY_KEY",
		`key, ok := os.LookupEnv("PAY_KEY")`:                      "PAY_KEY",
		"Key string `env:\"PAY_KEY,required\"`":                   "PAY_KEY",
		"Key string `envconfig:\"PAY_KEY\"`":                      "PAY_KEY",
		`key = ENV.fetch("PAY_KEY")`:                              "PAY_KEY",
		`key = ENV['PAY_KEY']`:                                    "PAY_KEY",
		`String key = System.getenv("PAY_KEY");`:                  "PAY_KEY",
		`val key = sys.env("PAY_KEY")`:                            "PAY_KEY",
		`Environment.GetEnvironmentVariable("PAY_KEY")`:           "PAY_KEY",
		`$key = $_ENV['PAY_KEY'];`:                                "PAY_KEY",
		`'key' => env('PAY_KEY'),`:                                "PAY_KEY",
		`let key = std::env::var("PAY_KEY")?;`:                    "PAY_KEY",
		`let key = env!("PAY_KEY");`:                              "PAY_KEY",
		`key = System.fetch_env!("PAY_KEY")`:                      "PAY_KEY",
		`// process.env.PAY_KEY`:                                  "",
		`process.env[name]`:                                       "",
		`const environment = "PAY_KEY"`:                           "",
		`enviable("PAY_KEY")`:                                     "",
	} {
		var got []string
		if mayRead([]byte(line)) && !isComment([]byte(line)) {
			for _, found := range namesRead([]byte(line)) {
				got = append(got, line[found[0]:found[1]])
			}
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// TestSearch: what belongs to the application is searched, and what only hands names over is not.
func TestSearch(t *testing.T) {
	files := tree(t, map[string]string{
		"src/pay.js":                         "x()\n  const k = process.env.PAY_KEY\n",
		"src/pay.test.js":                    "process.env.TEST_KEY",
		"node_modules/sdk/index.js":          "process.env.SDK_KEY",
		"test/a.py":                          "os.environ['OTHER_TEST_KEY']",
		"deploy.sh":                          "helm upgrade --set a=$HANDED_OVER_KEY",
		"entrypoint.sh":                      "exec ./serve --key \"$SHELL_KEY\"",
		"src/settings.py":                    "class Settings(BaseSettings):\n    settings_key: str\n",
		"src/main/resources/application.yml": "pay:\n  spring-key: x\n",
		"values.yaml":                        "VALUES_KEY: x",
	})
	set := Search(t.Context(), files, ".", []string{"HANDED_OVER_KEY", "SHELL_KEY", "SETTINGS_KEY", "SPRING_KEY", "VALUES_KEY", "PAY_KEY"}, []string{"deploy.sh"})
	var got []string
	for _, r := range set.Reads {
		got = append(got, fmt.Sprint(r.Name, " ", r.At.File, ":", r.At.Start.Line, ":", r.At.Start.Column))
	}
	if diff := cmp.Diff([]string{"PAY_KEY src/pay.js:2:25"}, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	for name, want := range map[string]bool{"HANDED_OVER_KEY": false, "SHELL_KEY": true, "SETTINGS_KEY": true, "SPRING_KEY": true, "VALUES_KEY": false, "PAY_KEY": true} {
		if set.Names(name) != want {
			t.Errorf("%s is named: %t", name, !want)
		}
	}
	if !set.Whole {
		t.Error("the search says that it left something out")
	}
}

// TestSearchSaysWhatItLeftOut: a file that is too large may hold any name.
func TestSearchSaysWhatItLeftOut(t *testing.T) {
	if set := Search(t.Context(), tree(t, map[string]string{"a.js": strings.Repeat("x", maxFile+1)}), ".", nil, nil); set.Whole {
		t.Error("nothing is said of the file that was not searched")
	}
}

func BenchmarkSearch(b *testing.B) {
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("src/%d/a.ts", i)] = strings.Repeat("const environment = require('x'); doSomething(environment)\n", 200) + fmt.Sprintf("process.env.KEY_%d\n", i)
	}
	found := tree(b, files)
	for b.Loop() {
		if set := Search(b.Context(), found, ".", []string{"PAY_KEY"}, nil); len(set.Reads) != 1000 {
			b.Fatal(len(set.Reads))
		}
	}
}
