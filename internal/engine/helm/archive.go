package helm

import (
	"bytes"
	"compress/gzip"
	"io"
	"path"

	helmloader "helm.sh/helm/v3/pkg/chart/loader"

	"github.com/keyfit/keyfit/internal/pos"
)

// maxUnpacked is how much one archive may hold: Helm's own limit, with room for the headers.
const maxUnpacked = 120 << 20

// unpack gives the files of a packed chart. Helm's reader refuses names that lead out of
// the chart, and what is too large; before it runs, the archive is unpacked once to nowhere,
// since it counts only files and not what lies between them.
func (l *loader) unpack(data []byte, file, inner string) ([]File, error) {
	at := pos.Span{File: file}
	size, err := unpackedSize(data)
	switch {
	case err != nil:
		return nil, fail(at, "pack the chart again", "is not a chart archive, expected a gzipped tar file")
	case size > maxUnpacked:
		return nil, fail(at, "", "unpacks to more than %d MiB, the limit for a chart archive", maxUnpacked>>20)
	}
	if err := l.count(at, size); err != nil {
		return nil, err
	}
	list, err := helmloader.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		return nil, fail(at, "pack the chart again", "is not a chart archive that helm accepts")
	}
	var out []File
	for _, f := range list {
		if err := l.count(at, 0); err != nil {
			return nil, err
		}
		out = append(out, File{Name: f.Name, Data: f.Data, Path: file, Inner: path.Join(inner, f.Name)})
	}
	return out, nil
}

func unpackedSize(data []byte) (int, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, maxUnpacked+1))
	return int(n), err
}
