package sources

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/keyfit/keyfit/internal/lazy"
	"github.com/keyfit/keyfit/internal/order"
)

// extensions are those of the languages whose ways to read a variable are known, and of files
// that such programs are configured by.
var extensions = []string{
	".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".py", ".rb", ".erb", ".go", ".java", ".kt", ".kts",
	".scala", ".groovy", ".cs", ".fs", ".php", ".rs", ".ex", ".exs", ".swift", ".dart", ".prisma", ".properties", ".conf", ".clj",
	".sh", ".bash",
}

// isSource reports whether a file may be a part of the application.
func isSource(name string) bool {
	base := path.Base(name)
	stem := strings.TrimSuffix(base, path.Ext(base))
	switch {
	case strings.HasSuffix(stem, "_test"), strings.HasSuffix(stem, ".test"), strings.HasSuffix(stem, ".spec"), strings.HasPrefix(stem, "test_"):
		return false
	case slices.Contains(extensions, path.Ext(base)):
		return true
	}
	// Spring, Rails and node-config bind variables in files of settings.
	isSettings := slices.Contains([]string{".yml", ".yaml", ".json", ".toml"}, path.Ext(base))
	return isSettings && (strings.HasPrefix(base, "application") || path.Base(path.Dir(name)) == "config") || base == "Dockerfile"
}

// mayRead is a quick look that leaves out most lines: none of the ways to read a variable does
// without one of these.
func mayRead(line []byte) bool {
	if len(line) >= 4096 {
		return false
	}
	for i := range max(len(line)-2, 0) {
		if word := string(line[i : i+3]); word == "env" || word == "Env" || word == "ENV" {
			if tail := line[i+3:]; leads(tail) || i > 0 && line[i-1] == '.' {
				return true
			}
		}
	}
	return false
}

// leads reports whether what stands behind "env" may lead to a name.
func leads(tail []byte) bool {
	if len(tail) > 0 && strings.IndexByte(".?[(!:", tail[0]) >= 0 {
		return true
	}
	for _, rest := range []string{"iron.", "iron[", "ironmentVariable(", "config:", "_var("} {
		if bytes.HasPrefix(tail, []byte(rest)) {
			return true
		}
	}
	return false
}

func isComment(line []byte) bool {
	text := bytes.TrimSpace(line)
	return bytes.HasPrefix(text, []byte("//")) || bytes.HasPrefix(text, []byte("#")) || bytes.HasPrefix(text, []byte("*")) ||
		bytes.HasPrefix(text, []byte("/*")) || bytes.HasPrefix(text, []byte("--"))
}

const name = `([A-Z][A-Z0-9_]{2,})`

var (
	// As a member: process.env.NAME, import.meta.env.NAME.
	member = lazy.Regexp(`(?:process\.env|import\.meta\.env|Bun\.env)\??\.` + name + `\b`)
	// By index: process.env["NAME"], os.environ["NAME"], ENV["NAME"], $_ENV['NAME'].
	index = lazy.Regexp(`(?:process\.env|environ|\bENV|\b_ENV|\b_SERVER|sys\.env)(?:\?\.)?\[\s*["']` + name + `["']\s*\]`)
	// By a call: os.getenv("NAME"), os.Getenv("NAME"), ENV.fetch("NAME"), env::var("NAME"), sys.env("NAME").
	call = lazy.Regexp(`(?:[gG]et_?[eE]nv|LookupEnv|GetEnvironmentVariable|environ\.get|ENV\.fetch|\benv\.get|env::var|env::var_os|\benv!|fetch_env!?|sys\.env|\benv)\s*\(\s*@?["']` + name + `["']`)
	// Unpacked: const { NAME, OTHER: other = "x" } = process.env.
	unpacked     = lazy.Regexp(`\{([^{}]*)\}\s*=\s*(?:process|import\.meta|Bun)\.env\b`)
	unpackedName = lazy.Regexp(`(?:^|,)\s*([A-Z][A-Z0-9_]{2,})\b`)
	// In a tag of a struct: env:"NAME", envconfig:"NAME".
	tag = lazy.Regexp(`\benv(?:config)?:"` + name + `[",]`)
)

// namesRead gives where the names stand of the variables that a line reads.
func namesRead(line []byte) [][2]int {
	var out [][2]int
	for _, pattern := range []*regexp.Regexp{member(), index(), call(), tag()} {
		for _, m := range pattern.FindAllSubmatchIndex(line, -1) {
			out = append(out, [2]int{m[2], m[3]})
		}
	}
	for _, m := range unpacked().FindAllSubmatchIndex(line, -1) {
		for _, n := range unpackedName().FindAllSubmatchIndex(line[m[2]:m[3]], -1) {
			out = append(out, [2]int{m[2] + n[2], m[2] + n[3]})
		}
	}
	order.By(out, func(a, b [2]int) int { return a[0] - b[0] })
	return out
}
