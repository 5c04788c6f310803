package report

import "slices"

// sameSource reports whether two slots of one name are one key that was checked twice: both are of
// one repository, as far as can be told. Two repositories may well call a slot the same.
func (m *merger) sameSource(a, b held) bool {
	if x, y := m.docs[a.doc].Repository, m.docs[b.doc].Repository; x != "" || y != "" {
		return x == y
	}
	files := filesOf(a.Trail)
	return len(files) > 0 && slices.Equal(files, filesOf(b.Trail))
}

func filesOf(trail []Hop) []string {
	var out []string
	for _, h := range trail {
		if h.At.File != "" {
			out = append(out, h.At.File)
		}
	}
	return distinct(out)
}

// sameRepository reports whether two reports are of one repository: both say so, or neither does
// and they speak of one file at least.
func (m *merger) sameRepository(i, j int) bool {
	if x, y := m.docs[i].Repository, m.docs[j].Repository; x != "" || y != "" {
		return x == y
	}
	pair := [2]int{i, j}
	same, known := m.related[pair]
	if !known {
		files := m.filesOf(j)
		for name := range m.filesOf(i) {
			same = same || files[name]
		}
		m.related[pair] = same
	}
	return same
}

// filesOf lists the files that a report speaks of.
func (m *merger) filesOf(doc int) map[string]bool {
	if known, ok := m.files[doc]; ok {
		return known
	}
	files := map[string]bool{}
	d := &m.docs[doc]
	for _, s := range d.Slots {
		for _, h := range s.Trail {
			files[h.At.File] = true
		}
	}
	for _, f := range d.Findings {
		files[f.At.File] = true
	}
	for _, p := range d.Problems {
		files[p.At.File] = true
	}
	delete(files, "")
	m.files[doc] = files
	return files
}

// commonRepository is the repository of the joined report, when it is one.
func commonRepository(docs []Document) string {
	for _, d := range docs {
		if d.Repository != docs[0].Repository {
			return ""
		}
	}
	if len(docs) == 0 {
		return ""
	}
	return docs[0].Repository
}
