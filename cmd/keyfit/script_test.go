package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/keyfit/keyfit/internal/canary"
	"github.com/keyfit/keyfit/internal/sandbox"
)

// TestMain makes the real program available to the scripts as the command keyfit.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"keyfit": main})
}

// TestScripts runs the stories in testdata/script against the real program, each in a
// directory and with an environment of its own. KEYFIT_UPDATE=1 rewrites what they
// expect. The commands beside those of testscript:
//
//	sandbox WORLD           starts the target API; URL_<ENVIRONMENT> is set for each environment
//	suspend|delete ENV USER changes a user at the API
//	revoke|expire ENV KEY   changes a key at the API
//	requests ENV N          the API of an environment received exactly N requests
//	gateway CONFIG          declares the sandbox under providers: of a configuration
//	expand FILE...          puts the values of URL_… into files
//	clean FILE...           no form of a fixture key shows in the files ("stdout" and "stderr" too)
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       os.Getenv("KEYFIT_UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox":  startSandbox,
			"suspend":  change((*sandbox.Sandbox).Suspend),
			"delete":   change((*sandbox.Sandbox).Delete),
			"revoke":   change((*sandbox.Sandbox).Revoke),
			"expire":   change((*sandbox.Sandbox).Expire),
			"requests": requests,
			"expand":   expand,
			"gateway":  gateway,
			"clean":    clean,
		},
	})
}

// condition knows [ci]: where a tool that a script needs must not be missing.
func condition(name string) (bool, error) {
	if name == "ci" {
		return os.Getenv("CI") == "true", nil
	}
	return false, errors.New("unknown condition " + name)
}

type sandboxKey struct{}

// holder keeps a script's sandbox, which does not exist yet when the script starts.
type holder struct{ api *sandbox.Sandbox }

// setUp gives each script an environment of its own and, at its end, searches every
// file that was not there before for leaked fixture keys. A file named *.revealed holds
// values on purpose.
func setUp(env *testscript.Env) error {
	before := map[string]bool{}
	err := eachFile(env.WorkDir, func(p string, _ []byte) { before[p] = true })
	env.Vars = append(env.Vars, "NO_COLOR=1", "LANG=C.UTF-8", "KEYFIT_FINGERPRINT_KEY=for-the-tests-only")
	env.Values[sandboxKey{}] = &holder{}
	t := env.T()
	env.Defer(func() {
		if err := eachFile(env.WorkDir, func(p string, data []byte) {
			if form := canary.Find(data); !before[p] && !strings.HasSuffix(p, ".revealed") && form != "" {
				t.Fatal("a fixture key leaked into ", filepath.Base(p), " as ", form)
			}
		}); err != nil {
			t.Fatal(err)
		}
	})
	return err
}

func eachFile(dir string, f func(p string, data []byte)) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".tmp" {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(p)
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err == nil {
			f(p, data)
		}
		return err
	})
}

func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sandbox WORLD")
	}
	world, problems := sandbox.Decode(args[0], []byte(ts.ReadFile(args[0])))
	for _, p := range problems {
		ts.Fatalf("%s: %s", p.At, p.Message)
	}
	api, err := sandbox.Start(context.Background(), world)
	ts.Check(err)
	ts.Value(sandboxKey{}).(*holder).api = api
	ts.Defer(api.Close)
	for _, environment := range api.Environments() {
		ts.Setenv("URL_"+strings.ToUpper(environment), api.URL(environment))
	}
}

func running(ts *testscript.TestScript) *sandbox.Sandbox {
	api := ts.Value(sandboxKey{}).(*holder).api
	if api == nil {
		ts.Fatalf("no sandbox is running")
	}
	return api
}

func change(f func(*sandbox.Sandbox, string, string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: COMMAND ENVIRONMENT ID")
		}
		ts.Check(f(running(ts), args[0], args[1]))
	}
}

func requests(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: requests ENVIRONMENT N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := running(ts).Count(args[0]); (got == want) == neg {
		ts.Fatalf("the API of %s received %d requests", args[0], got)
	}
}

var url = regexp.MustCompile(`\$\{URL_[A-Z_]+\}`)

func expand(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := url.ReplaceAllStringFunc(ts.ReadFile(name), func(v string) string { return ts.Getenv(v[2 : len(v)-1]) })
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

// gateway declares the sandbox in a configuration that says nothing of providers.
func gateway(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gateway CONFIG")
	}
	api := running(ts)
	text := ts.ReadFile(args[0]) + "providers:\n  payments-gateway:\n    hosts:\n"
	for _, environment := range api.Environments() {
		text += "      " + environment + ": " + api.URL(environment) + "\n"
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text+gatewayProbe), 0o644))
}

// gatewayProbe is the user's own API of CONTRACT and README, in full.
const gatewayProbe = `    probe:
      request:
        method: POST
        path: /path
        auth: {scheme: bearer}
        json: {query: {userId: "${PAYMENT_USER_ID}"}}
      verdicts:
        - {when: {status: 200, json: {$.user.id: {exists: true}}}, reason: ok}
        - {when: {status: 401, json: {$.error.code: key_unknown}}, reason: key_unknown}
        - {when: {status: 401, json: {$.error.code: key_revoked}}, reason: key_revoked}
        - {when: {status: 401, json: {$.error.code: key_expired}}, reason: key_expired}
        - {when: {status: 403, json: {$.error.code: user_disabled}}, reason: owner_disabled}
        - {when: {status: 403, json: {$.error.code: user_missing}}, reason: owner_missing}
        - {when: {status: 403, json: {$.error.code: {in: [tenant_mismatch, user_mismatch]}}}, reason: tenant_mismatch}
        - {when: {status: 403, json: {$.error.code: scope_missing}}, reason: scope_missing}
      identity:
        user: $.user.id
        name: $.user.name
        kind: $.user.kind
        active: $.user.active
        tenant: $.tenant_id
        account: $.account
        mode: $.mode
        scopes: $.scopes
        expires: $.expires_at
`

func clean(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		if form := canary.Find([]byte(ts.ReadFile(name))); (form != "") != neg {
			ts.Fatalf("fixture key in %s: %q", name, form)
		}
	}
}
