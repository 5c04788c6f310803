package function

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/keyfit/keyfit/internal/model"
)

// encodings are the functions that write a text otherwise.
func encodings() map[string]function.Function {
	return map[string]function.Function{
		"base64encode":     ofText(func(s string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(s)), nil }),
		"base64decode":     ofText(base64decode),
		"base64gzip":       ofText(base64gzip),
		"base64gunzip":     define(cty.String, base64gunzip, text("str")),
		"textencodebase64": define(cty.String, textencodebase64, text("string"), text("encoding")),
		"textdecodebase64": define(cty.String, textdecodebase64, text("source"), text("encoding")),
		"urlencode":        ofText(func(s string) (string, error) { return url.QueryEscape(s), nil }),
		"urldecode":        ofText(urldecode),
	}
}

func urldecode(s string) (string, error) {
	out, err := url.QueryUnescape(s)
	if err != nil {
		return "", complaint("expected a text as it stands in a URL")
	}
	return out, nil
}

func decodeBase64(s string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, complaint("expected base64")
	}
	return data, nil
}

func base64decode(s string) (string, error) {
	data, err := decodeBase64(s)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(data) {
		return "", complaint("expected base64 of UTF-8 text")
	}
	return string(data), nil
}

// base64gzip flushes before it closes, which shows in the result.
func base64gzip(s string) (string, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, s)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = w.Close()
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), err
}

func base64gunzip(args []cty.Value) (cty.Value, error) {
	data, err := decodeBase64(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	wrong := complaint("expected base64 of what gzip has compressed")
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return cty.NilVal, wrong
	}
	out, err := io.ReadAll(io.LimitReader(r, maxText+1))
	switch {
	case err != nil:
		return cty.NilVal, wrong
	case len(out) > maxText:
		return unknown(cty.String, model.WhyLimit, "a smaller text"), nil
	}
	return cty.StringVal(string(out)), nil
}

// charset gives the encodings that are used for keys and scripts, by the names that IANA
// lists. The tables of all the others would be a large part of the program; it gives nil for
// them, and for names that are none.
func charset(name string) encoding.Encoding {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "utf-8", "csutf8":
		return unicode.UTF8
	case "utf-16", "csutf16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf-16be", "csutf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf-16le", "csutf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "iso-8859-1", "iso_8859-1", "latin1", "l1", "cp819", "csisolatin1":
		return charmap.ISO8859_1
	case "iso-8859-15", "iso_8859-15", "latin-9", "csiso885915":
		return charmap.ISO8859_15
	case "windows-1252", "cswindows1252":
		return charmap.Windows1252
	}
	return nil
}

func otherCharset() cty.Value {
	return unknown(cty.String, model.WhyUnsupported, "one of the encodings UTF-8, UTF-16, ISO-8859-1, ISO-8859-15 and windows-1252")
}

func textencodebase64(args []cty.Value) (cty.Value, error) {
	e := charset(args[1].AsString())
	if e == nil {
		return otherCharset(), nil
	}
	out, err := e.NewEncoder().Bytes([]byte(args[0].AsString()))
	if err != nil {
		return cty.NilVal, complaint("expected a text of characters that the encoding has")
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(out)), nil
}

func textdecodebase64(args []cty.Value) (cty.Value, error) {
	e := charset(args[1].AsString())
	if e == nil {
		return otherCharset(), nil
	}
	data, err := decodeBase64(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	out, err := e.NewDecoder().Bytes(data)
	if err != nil || strings.ContainsRune(string(out), utf8.RuneError) {
		return cty.NilVal, complaint("expected base64 of a text in this encoding")
	}
	return cty.StringVal(string(out)), nil
}
