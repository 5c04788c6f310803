package sops

import (
	"io"
	"regexp"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// metadata is what SOPS keeps about a file.
type metadata struct {
	group                   `yaml:",inline"`
	Groups                  []group `yaml:"key_groups" json:"key_groups"`
	LastModified            string  `yaml:"lastmodified" json:"lastmodified"`
	MAC                     string  `yaml:"mac" json:"mac"`
	UnencryptedSuffix       string  `yaml:"unencrypted_suffix" json:"unencrypted_suffix"`
	EncryptedSuffix         string  `yaml:"encrypted_suffix" json:"encrypted_suffix"`
	UnencryptedRegex        string  `yaml:"unencrypted_regex" json:"unencrypted_regex"`
	EncryptedRegex          string  `yaml:"encrypted_regex" json:"encrypted_regex"`
	UnencryptedCommentRegex string  `yaml:"unencrypted_comment_regex" json:"unencrypted_comment_regex"`
	EncryptedCommentRegex   string  `yaml:"encrypted_comment_regex" json:"encrypted_comment_regex"`
	MACOnlyEncrypted        bool    `yaml:"mac_only_encrypted" json:"mac_only_encrypted"`
}

// group is a group of recipients, each of which can open the file.
type group struct {
	Age   []recipient `yaml:"age" json:"age"`
	PGP   []any       `yaml:"pgp" json:"pgp"`
	KMS   []any       `yaml:"kms" json:"kms"`
	GCP   []any       `yaml:"gcp_kms" json:"gcp_kms"`
	Azure []any       `yaml:"azure_kv" json:"azure_kv"`
	Vault []any       `yaml:"hc_vault" json:"hc_vault"`
}

type recipient struct {
	Key string `yaml:"enc" json:"enc"` // the data key, encrypted
}

// others names the kinds of recipients that are no age ones.
func (g group) others() []string {
	var out []string
	for _, kind := range []struct {
		name string
		list []any
	}{{"PGP", g.PGP}, {"AWS KMS", g.KMS}, {"GCP KMS", g.GCP}, {"Azure Key Vault", g.Azure}, {"Vault", g.Vault}} {
		if len(kind.list) > 0 {
			out = append(out, kind.name)
		}
	}
	return out
}

// recipients is the group that opens the file. Groups count when there are no recipients
// outside of them; of several, the key is split among them.
func (m metadata) recipients() (group, *Error) {
	one := m.group
	if len(one.Age) == 0 && len(one.others()) == 0 {
		if len(m.Groups) > 1 {
			return group{}, wrong(Groups, "splits its key among several groups of recipients")
		}
		if len(m.Groups) == 1 {
			one = m.Groups[0]
		}
	}
	switch others := one.others(); {
	case len(one.Age) > 0:
		return one, nil
	case len(others) > 0:
		return group{}, wrong(Recipients, "is encrypted for "+strings.Join(others, " and ")+", expected an age recipient")
	}
	return group{}, wrong(Damaged, "names no recipients in its SOPS metadata")
}

// dataKey decrypts the key of the file with an identity that is at hand.
func (m metadata) dataKey(keys Keys) ([]byte, *Error) {
	g, failed := m.recipients()
	if failed != nil {
		return nil, failed
	}
	identities, err := age.ParseIdentities(strings.NewReader(keys.Age.Reveal()))
	if err != nil {
		return nil, wrong(BadKey, "is encrypted, and "+Variable+" is no list of age identities")
	}
	for _, r := range g.Age[:min(len(g.Age), 100)] {
		plain, err := age.Decrypt(armor.NewReader(strings.NewReader(r.Key)), identities...)
		if err != nil {
			continue
		}
		key, err := io.ReadAll(io.LimitReader(plain, 64))
		if err == nil && len(key) == 32 {
			return key, nil
		}
	}
	return nil, wrong(WrongKey, "is encrypted for other age identities than the one in "+Variable)
}

// rules says which values of a file are encrypted.
type rules struct {
	unencryptedSuffix, encryptedSuffix string
	unencrypted, only                  *regexp.Regexp
	onlyEncrypted                      bool // in the MAC
}

func (m metadata) rules() (rules, *Error) {
	given := 0
	for _, rule := range []string{m.UnencryptedSuffix, m.EncryptedSuffix, m.UnencryptedRegex, m.EncryptedRegex, m.UnencryptedCommentRegex, m.EncryptedCommentRegex} {
		if rule != "" {
			given++
		}
	}
	r := rules{unencryptedSuffix: m.UnencryptedSuffix, encryptedSuffix: m.EncryptedSuffix, onlyEncrypted: m.MACOnlyEncrypted}
	switch {
	case given > 1:
		return r, wrong(Damaged, "has several rules of what is encrypted, expected one")
	case m.UnencryptedCommentRegex+m.EncryptedCommentRegex != "":
		return r, wrong(Unsupported, "is encrypted by its comments, which is not read here")
	case given == 0:
		r.unencryptedSuffix = "_unencrypted"
	}
	var err, err2 error
	if m.UnencryptedRegex != "" {
		r.unencrypted, err = regexp.Compile(m.UnencryptedRegex)
	}
	if m.EncryptedRegex != "" {
		r.only, err2 = regexp.Compile(m.EncryptedRegex)
	}
	if err != nil || err2 != nil {
		return r, wrong(Unsupported, "has a rule that is no regular expression")
	}
	return r, nil
}

// encrypted reports whether the value below these names is encrypted. One name on the way
// decides.
func (r rules) encrypted(path []string) bool {
	any := func(fits func(string) bool) bool {
		for _, name := range path {
			if fits(name) {
				return true
			}
		}
		return false
	}
	switch {
	case r.encryptedSuffix != "":
		return any(func(name string) bool { return strings.HasSuffix(name, r.encryptedSuffix) })
	case r.unencryptedSuffix != "":
		return !any(func(name string) bool { return strings.HasSuffix(name, r.unencryptedSuffix) })
	case r.only != nil:
		return any(r.only.MatchString)
	case r.unencrypted != nil:
		return !any(r.unencrypted.MatchString)
	}
	return true
}
