package helm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	yamlnode "go.yaml.in/yaml/v3"

	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/pos"
	"github.com/keyfit/keyfit/internal/sops"
)

// decrypted is what SOPS makes of an encrypted file. Without the key the cipher texts stand
// for texts that are not known.
func (l *loader) decrypted(d *document, at pos.Span, values *node) *node {
	opened, needs := l.unsealed(d, at)
	if opened == nil {
		opened = shallowTable(values)
		if own := opened.table["sops"]; own != nil && own.kind == table && own.table["mac"] != nil {
			delete(opened.table, "sops")
		}
	}
	return opened.decipher(needs)
}

// unsealed opens an encrypted file with the identity at hand. It gives nil, with what is
// needed for it, when the file stays closed.
func (l *loader) unsealed(d *document, at pos.Span) (*node, string) {
	if d.unknown != nil || at.File == "" {
		return nil, sops.Needs // not a file of the repository
	}
	if _, err := l.step.Files.Stat(at.File + ".dec"); err == nil {
		return nil, fmt.Sprintf("a repository without the decrypted file %q, which helm secrets would take instead", at.File+".dec")
	}
	var keys sops.Keys
	if l.step.AgeKey.State == model.Known {
		keys.Age = l.step.AgeKey.Text
	}
	f, err := sops.Open(at.File, d.data, keys)
	if closed := (*sops.Error)(nil); errors.As(err, &closed) {
		if closed.Reason == sops.Damaged {
			l.problem(at, "the values file "+closed.What+", so that sops refuses it", "encrypt it again")
			l.doubt(&model.Value{Why: model.WhyEncrypted, Needs: closed.Needs(), Trail: sealedPlace(d.trail(-1, -1, ""))})
		}
		return nil, closed.Needs()
	}
	plain, err := decode([]byte(f.Text().Reveal()))
	if err != nil {
		return nil, "the decrypted file"
	}
	root := d.outline()
	if root != nil && root.Kind == yamlnode.DocumentNode && len(root.Content) > 0 {
		root = root.Content[0]
	}
	if plain == nil {
		plain = map[string]any{}
	}
	left := maxValuesNodes
	withoutComments(root, &left)
	d.nodes, d.sealed = 0, true
	return d.build(plain, root, "", nil), ""
}

// withoutComments takes the comments of lists out, which SOPS keeps as items.
func withoutComments(n *yamlnode.Node, left *int) {
	if *left--; n == nil || *left < 0 {
		return
	}
	if n.Kind == yamlnode.SequenceNode {
		n.Content = slices.DeleteFunc(n.Content, func(item *yamlnode.Node) bool { return isCipher(item) && isComment(item.Value) })
	}
	for _, child := range n.Content {
		withoutComments(child, left)
	}
}

func isComment(text string) bool {
	return strings.HasPrefix(text, "ENC[") && strings.HasSuffix(text, ",type:comment]")
}

// isCipher reports whether a scalar is a cipher text of SOPS.
func isCipher(n *yamlnode.Node) bool {
	return n != nil && n.Kind == yamlnode.ScalarNode && strings.HasPrefix(n.Value, "ENC[")
}

// sealedPlace is the place of a cipher text: the text that it stands for is not written there.
func sealedPlace(t model.Trail) model.Trail {
	hop := t.Last()
	hop.Literal = false
	return model.Trail{}.Append(hop)
}

// decipher leaves unknown what is still a cipher text. Other backends replace references.
func (n *node) decipher(needs string) *node {
	out := *n
	switch n.kind {
	case table:
		out.table = make(map[string]*node, len(n.table))
		for key, child := range n.table {
			out.table[key] = child.decipher(needs)
		}
	case list:
		out.list = make([]*node, 0, len(n.list))
		for _, child := range n.list {
			if text, _ := child.value.(string); !isComment(text) {
				out.list = append(out.list, child.decipher(needs))
			}
		}
	default:
		text, _ := n.value.(string)
		why := model.Value{}
		switch {
		case strings.HasPrefix(text, "ENC["):
			why = model.UnknownBecause(model.WhyEncrypted, needs, n.from.Trail)
		case strings.Contains(text, "ref+"), strings.Contains(text, "secretref+"):
			why = model.UnknownBecause(model.WhyRemoteState, "the secret store that the file refers to", n.from.Trail)
		default:
			return n
		}
		out.from, out.value = &why, Placeholder
	}
	return &out
}
