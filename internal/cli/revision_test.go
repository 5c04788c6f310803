package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOriginHoldsNoCredentials(t *testing.T) {
	tests := map[string]struct{ config, want string }{
		"https":              {"[remote \"origin\"]\n\turl = https://github.com/Acme/shop.git\n", "github.com/acme/shop"},
		"ssh":                {"[remote \"origin\"]\n\turl = git@github.com:acme/shop.git\n", "github.com/acme/shop"},
		"a job's token":      {"[core]\n\tbare = false\n[remote \"origin\"]\n\turl=https://gitlab-ci-token:CANARYtoken@gitlab.example.com:8443/acme/shop.git/\n", "gitlab.example.com/acme/shop"},
		"a token alone":      {"[remote \"origin\"]\n\turl = https://CANARYtoken@github.com/acme/shop\n", "github.com/acme/shop"},
		"a query":            {"[remote \"origin\"]\n\turl = https://git.example.com/acme/shop?token=CANARYtoken#CANARY\n", "git.example.com/acme/shop"},
		"an odd password":    {"[remote \"origin\"]\n\turl = https://user:CANARY/token@git.example.com/acme/shop\n", ""},
		"odd, without https": {"[remote \"origin\"]\n\turl = user:CANARYtoken@git.example.com:acme/shop\n", ""},
		"another remote":     {"[remote \"upstream\"]\n\turl = https://github.com/acme/shop\n", ""},
		"a path":             {"[remote \"origin\"]\n\turl = /srv/git/shop.git\n", ""},
		"a path of Windows":  {"[remote \"origin\"]\n\turl = C:\\git\\shop\n", ""},
		"a file":             {"[remote \"origin\"]\n\turl = file:///srv/git/shop.git\n", ""},
		"nothing":            {"", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, ".git", "config"), []byte(tt.config), 0o644); err != nil {
				t.Fatal(err)
			}
			w, _, err := openAt(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer w.close()
			got := w.origin()
			if strings.Contains(got, "CANARY") {
				t.Fatal("the address holds a token")
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
