package helm

import (
	"fmt"
	"strings"
	"text/template"
	"time"
)

// certificate is what the functions that make certificates give.
type certificate struct{ Cert, Key string }

// standIns replace the functions whose results nobody can know before the deploy. Their
// results are as long as the real ones where the caller says how long, so that what cuts
// them works.
func standIns() template.FuncMap {
	text := func(n int) string { return strings.Repeat("0", max(0, min(n, maxText))) }
	pem := func(...any) string { return "-----BEGIN UNKNOWN-----\n-----END UNKNOWN-----\n" }
	cert := func(...any) certificate { return certificate{pem(), pem()} }
	return template.FuncMap{
		"randAlphaNum": text, "randAlpha": text, "randAscii": text, "randNumeric": text,
		"randBytes": func(n int) (string, error) { return text((n + 2) / 3 * 4), nil },
		"randInt":   func(low, high int) (int, error) { return randInt(low, high) },
		"shuffle":   func(s string) string { return s },
		"uuidv4":    func() string { return "00000000-0000-4000-8000-000000000000" },
		"now":       func() time.Time { return time.Unix(0, 0).UTC() },
		"ago":       func(any) string { return "0s" },
		"bcrypt":    func(string) string { return "$2a$10$" + text(53) },
		"htpasswd": func(user, _ string) string {
			if strings.Contains(user, ":") {
				return fmt.Sprintf("invalid username: %s", user)
			}
			return user + ":$2a$10$" + text(53)
		},
		"genPrivateKey": func(string) string { return pem() },
		"genCA":         func(string, int) (certificate, error) { return cert(), nil },
		"genCAWithKey":  func(string, int, string) (certificate, error) { return cert(), nil },
		"genSelfSignedCert": func(string, []any, []any, int) (certificate, error) {
			return cert(), nil
		},
		"genSelfSignedCertWithKey": func(string, []any, []any, int, string) (certificate, error) {
			return cert(), nil
		},
		"genSignedCert": func(string, []any, []any, int, any) (certificate, error) { return cert(), nil },
		"genSignedCertWithKey": func(string, []any, []any, int, any, string) (certificate, error) {
			return cert(), nil
		},
		"encryptAES":    func(string, string) (string, error) { return text(44), nil },
		"getHostByName": func(string) string { return "" },
		"lookup":        func(string, string, string, string) (map[string]any, error) { return map[string]any{}, nil },
	}
}

func randInt(low, high int) (int, error) {
	if high <= low {
		return 0, fmt.Errorf("invalid argument to Intn")
	}
	return low, nil
}
