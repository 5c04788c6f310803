// Package examples holds three small repositories whose deploy is about to go wrong,
// each also in its mended state. `keyfit demo` and the tests run the real pipeline on
// them against the embedded target API.
package examples

import "embed"

// Files holds one folder per story: world.yaml (who exists at the API), failing/ and
// fixed/ (the repository before and after).
//
//go:embed all:jenkins-override all:deactivated-owner all:cross-tenant
var Files embed.FS

// Story is one example.
type Story struct {
	Name   string  // its folder
	Title  string  // one sentence
	Scenes []Scene // in the order in which they are shown
}

// Scene is one run of keyfit within a story.
type Scene struct {
	Title  string
	Folder string            // failing or fixed
	Delete User              // who is deleted at the API before this scene; may be empty
	Expect map[string]string // finding id → the place it is reported at, "" for anywhere
}

// User names one at the API of an environment.
type User struct{ Environment, ID string }

// Stories lists the examples in the order of the demo.
func Stories() []Story {
	return []Story{
		{
			Name:  "jenkins-override",
			Title: "an old build script's hard-coded development key overrides the staging key",
			Scenes: []Scene{
				{Title: "before", Folder: "failing", Expect: map[string]string{"K105": "scripts/build.sh:12", "K205": "scripts/build.sh:12"}},
				{Title: "after the line is removed", Folder: "fixed"},
			},
		},
		{
			Name:  "deactivated-owner",
			Title: "the key's owner left the company, and the key still sits in the secret store",
			Scenes: []Scene{
				{Title: "while the user is deactivated", Folder: "failing", Expect: map[string]string{"K304": ".env.production:2"}},
				{Title: "once the user is deleted", Folder: "failing", Delete: User{Environment: "production", ID: "usr_dana"}, Expect: map[string]string{"K305": ".env.production:2"}},
				{Title: "with a service account's key", Folder: "fixed"},
			},
		},
		{
			Name:  "cross-tenant",
			Title: "a good key is sent with another tenant's hard-coded user id",
			Scenes: []Scene{
				{Title: "before", Folder: "failing", Expect: map[string]string{"K204": "scripts/deploy.sh:15"}},
				{Title: "after the line is removed", Folder: "fixed"},
			},
		},
	}
}
