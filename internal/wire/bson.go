package wire

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

// BSON (https://bsonspec.org/spec.html), as far as a login takes it. The driver's package for it
// maps whole languages of types and weighs half a megabyte.

// maxBSONDepth bounds how deep documents nest; the server's own limit is 100.
const maxBSONDepth = 100

var errBSON = errors.New("a document of BSON that cannot be read")

// pair is one element of a document, which is a list because commands begin with their name.
type pair struct {
	name  string
	value any // string, int, int32, int64, float64, bool, []byte, []pair
}

// appendBSON appends a document.
func appendBSON(out []byte, document []pair) ([]byte, error) {
	start := len(out)
	out = append(out, 0, 0, 0, 0)
	for _, p := range document {
		if strings.ContainsRune(p.name, 0) {
			return nil, errBSON
		}
		kind := len(out)
		out = append(append(append(out, 0), p.name...), 0)
		switch v := p.value.(type) {
		case float64:
			out[kind], out = 0x01, binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		case string:
			out[kind], out = 0x02, binary.LittleEndian.AppendUint32(out, uint32(len(v)+1))
			out = append(append(out, v...), 0)
		case []pair:
			out[kind] = 0x03
			var err error
			if out, err = appendBSON(out, v); err != nil {
				return nil, err
			}
		case []byte:
			out[kind], out = 0x05, binary.LittleEndian.AppendUint32(out, uint32(len(v)))
			out = append(append(out, 0), v...)
		case bool:
			out[kind], out = 0x08, append(out, 0)
			if v {
				out[len(out)-1] = 1
			}
		case int:
			out[kind], out = 0x12, binary.LittleEndian.AppendUint64(out, uint64(v))
			if int64(int32(v)) == int64(v) {
				out[kind], out = 0x10, out[:len(out)-4]
			}
		case int32:
			out[kind], out = 0x10, binary.LittleEndian.AppendUint32(out, uint32(v))
		case int64:
			out[kind], out = 0x12, binary.LittleEndian.AppendUint64(out, uint64(v))
		default:
			return nil, errBSON
		}
	}
	out = append(out, 0)
	binary.LittleEndian.PutUint32(out[start:], uint32(len(out)-start))
	return out, nil
}

// readBSON reads a document that fills data. Documents become map[string]any, arrays []any, and
// what no reply of a login holds, such as a regular expression, nil.
func readBSON(data []byte) (map[string]any, error) {
	r := bsonReader{rest: data}
	document := r.document(0)
	if r.failed || len(r.rest) > 0 {
		return nil, errBSON
	}
	return document.fields, nil
}

// bsonDocument is a document or an array.
type bsonDocument struct {
	fields map[string]any
	list   []any // the same, in order
}

type bsonReader struct {
	rest   []byte
	failed bool
}

// take gives the next n bytes; zeros, once the data has ended too soon.
func (r *bsonReader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.failed = true
		return make([]byte, max(0, min(n, 16)))
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *bsonReader) int32() int { return int(int32(binary.LittleEndian.Uint32(r.take(4)))) }

// name reads a text that ends with a zero.
func (r *bsonReader) name() string {
	text, _, found := strings.Cut(string(r.rest), "\x00")
	if !found {
		r.failed = true
		return ""
	}
	r.take(len(text) + 1)
	return text
}

func (r *bsonReader) text() string {
	b := r.take(r.int32())
	if len(b) == 0 || b[len(b)-1] != 0 {
		r.failed = true
		return ""
	}
	return string(b[:len(b)-1])
}

func (r *bsonReader) document(depth int) bsonDocument {
	out := bsonDocument{fields: map[string]any{}}
	length := r.int32() - 4
	body := bsonReader{rest: r.take(length)}
	if r.failed || depth > maxBSONDepth {
		r.failed = true
		return out
	}
	for !body.failed {
		kind := body.take(1)[0]
		if kind == 0 {
			break
		}
		name := body.name()
		value := body.value(kind, depth)
		out.fields[name], out.list = value, append(out.list, value)
	}
	r.failed = body.failed || len(body.rest) > 0
	return out
}

func (r *bsonReader) value(kind byte, depth int) any {
	switch kind {
	case 0x01:
		return math.Float64frombits(binary.LittleEndian.Uint64(r.take(8)))
	case 0x02, 0x0d, 0x0e: // text, code, symbol
		return r.text()
	case 0x03:
		return r.document(depth + 1).fields
	case 0x04:
		return r.document(depth + 1).list
	case 0x05:
		n := r.int32()
		r.take(1)
		return r.take(n)
	case 0x08:
		return r.take(1)[0] == 1
	case 0x10:
		return int32(r.int32())
	case 0x12:
		return int64(binary.LittleEndian.Uint64(r.take(8)))
	case 0x06, 0x0a, 0x7f, 0xff: // undefined, null, the greatest and the least key
	case 0x07: // an object's id
		r.take(12)
	case 0x09, 0x11: // a time, a time stamp
		r.take(8)
	case 0x13: // a decimal number
		r.take(16)
	case 0x0b: // a regular expression
		r.name()
		r.name()
	case 0x0c: // a pointer
		r.text()
		r.take(12)
	case 0x0f: // code with its scope
		r.take(r.int32() - 4)
	default:
		r.failed = true
	}
	return nil
}
