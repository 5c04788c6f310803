package sops

import (
	"slices"
	"strings"
)

// readDotenv reads NAME=value lines, of which those that begin with "sops_" are the
// metadata. A line break within a value is written as \n.
func readDotenv(data []byte) (*document, *Error) {
	tree, meta, seen := &node{kind: mapping}, map[string]string{}, map[string]bool{}
	lines := strings.Split(string(data), "\n")
	if len(lines) > maxNodes {
		return nil, wrong(Limit, "has too many lines")
	}
	for _, line := range lines {
		if line == "" || line[0] == '#' {
			continue
		}
		name, text, ok := strings.Cut(line, "=")
		text = strings.ReplaceAll(text, `\n`, "\n")
		key, about := strings.CutPrefix(name, "sops_")
		switch {
		case !ok:
			return nil, wrong(Unsupported, "has a line that is not NAME=value")
		case about:
			meta[key] = text
		case tree.add(seen, name, &node{value: text}) != nil:
			return nil, wrong(Unsupported, "sets a name twice")
		}
	}
	if len(meta) == 0 {
		return nil, wrong(Plain, "has no SOPS metadata")
	}
	return &document{meta: flat(meta), trees: []*node{tree}, emit: emitDotenv}, nil
}

// flat reads metadata whose lists and maps are written into their names.
func flat(lines map[string]string) metadata {
	m := metadata{
		LastModified: lines["lastmodified"], MAC: lines["mac"],
		UnencryptedSuffix: lines["unencrypted_suffix"], EncryptedSuffix: lines["encrypted_suffix"],
		UnencryptedRegex: lines["unencrypted_regex"], EncryptedRegex: lines["encrypted_regex"],
		UnencryptedCommentRegex: lines["unencrypted_comment_regex"], EncryptedCommentRegex: lines["encrypted_comment_regex"],
		MACOnlyEncrypted: lines["mac_only_encrypted"] == "true",
	}
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	slices.Sort(names)
	lists := map[string]*[]any{"pgp": &m.PGP, "kms": &m.KMS, "gcp_kms": &m.GCP, "azure_kv": &m.Azure, "hc_vault": &m.Vault}
	for _, name := range names {
		of, item, ok := strings.Cut(name, "__list_")
		switch {
		case !ok:
		case of == "age" && strings.HasSuffix(item, "__map_enc"):
			m.Age = append(m.Age, recipient{Key: lines[name]})
		case of == "key_groups":
			m.Groups = make([]group, 2) // how many there are is not told apart: none opens
		case lists[of] != nil:
			*lists[of] = append(*lists[of], name)
		}
	}
	return m
}

func emitDotenv(trees []*node) (string, error) {
	var b strings.Builder
	for i, name := range trees[0].names {
		text, ok := trees[0].children[i].value.(string)
		if !ok {
			return "", errNode
		}
		b.WriteString(name + "=" + strings.ReplaceAll(text, "\n", `\n`) + "\n")
	}
	return b.String(), nil
}
