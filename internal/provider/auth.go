package provider

import (
	"fmt"
	"strings"

	"github.com/keyfit/keyfit/internal/strict"
)

// Auth says where the key goes.
//
//	{scheme: bearer}                   Authorization: Bearer KEY
//	{scheme: token}                    Authorization: token KEY; any other word likewise
//	{scheme: raw}                      Authorization: KEY
//	{scheme: basic}                    KEY as the user, no password
//	{scheme: basic, user: "$id"}       a part as the user, KEY as the password
//	{scheme: basic, password: "$pw"}   KEY as the user, a part as the password
//	{header: X-Api-Key}                that header, with prefix before KEY
//	{query: key}                       that query parameter
//	{json: $.auth.key}                 that field of the JSON body
//	{form: key}                        that field of the form body
//	{scheme: digest, user: "$id"}      HTTP digest, KEY as the password
//	{sigv4: {service: sts, region: us-east-1, id: "$id"}}   AWS Signature Version 4, KEY as the secret
//	{hmac: {header: Authorization, text: …, value: …}}      a signature over text, KEY as the secret
//	{scheme: none}                     not at all
type Auth struct {
	Scheme   string   `yaml:"scheme" doc:"bearer, basic, raw, none, or the vendor's own word before the key"`
	User     Template `yaml:"user" doc:"the user of Basic authentication; default: the key"`
	Password Template `yaml:"password" doc:"the password of Basic authentication; default: the key where a user is named, else empty"`
	Header   string   `yaml:"header" doc:"the header that takes the key"`
	Prefix   string   `yaml:"prefix" doc:"text before the key in that header"`
	Query    string   `yaml:"query" doc:"the parameter of the query that takes the key"`
	JSON     Path     `yaml:"json" doc:"the field of the JSON body that takes the key"`
	Form     string   `yaml:"form" doc:"the field of the form that takes the key"`
	SigV4    *SigV4   `yaml:"sigv4" doc:"AWS Signature Version 4; the key is the secret access key"`
	HMAC     *HMAC    `yaml:"hmac" doc:"a signature over a text of the request; the key is the secret"`
}

// SigV4 is what AWS Signature Version 4 needs beside the secret.
type SigV4 struct {
	Service string   `yaml:"service,required" doc:"the signing name of the service, such as sts"`
	Region  Template `yaml:"region,required" doc:"the region of the service"`
	ID      Template `yaml:"id,required" doc:"the access key id"`
	Session Template `yaml:"session" doc:"the session token of temporary credentials"`
	Secret  Template `yaml:"secret" doc:"the secret access key, where it is another than the key: an administrator's"`
}

// HMAC is a signature over a text. Beside the parts, the text may hold $timestamp (seconds since
// 1970), $timestamp_ms, $date (RFC 1123), $nonce, $method, $path (with the query), $body and
// $body_hash (hexadecimal SHA-256).
type HMAC struct {
	Hash     string   `yaml:"hash" enum:"sha1|sha256|sha384|sha512" doc:"default: sha256"`
	Encoding string   `yaml:"encoding" enum:"hex|base64" doc:"of the signature; default: hex"`
	Text     Template `yaml:"text,required" doc:"what is signed"`
	Header   string   `yaml:"header,required" doc:"where the signature goes"`
	Value    Template `yaml:"value" doc:"the header's text; $signature is the signature; default: the signature alone"`
	// Headers are further headers that hold pieces of the text, such as the timestamp.
	Headers map[string]Template `yaml:"headers" doc:"further headers, such as that of the timestamp"`
}

// SignedParts are the parts that a signature over a text knows of its own request.
var SignedParts = []string{"timestamp", "timestamp_ms", "date", "nonce", "method", "path", "body", "body_hash", "signature"}

// Placement is where a request carries the key.
type Placement uint8

// The placements. The zero value is a mistake: nobody said where.
const (
	PlaceMissing Placement = iota
	PlaceScheme            // Authorization: [Auth.Word] KEY
	PlaceRaw               // Authorization: KEY
	PlaceBasic             // Authorization: Basic, of [Auth.Basic]
	PlaceHeader            // Auth.Header: Auth.Prefix KEY
	PlaceQuery
	PlaceJSON
	PlaceForm
	PlaceDigest // HTTP digest, of [Auth.Basic]
	PlaceSigned // [Auth.SigV4] or [Auth.HMAC]
	PlaceNone
)

// Placement tells where the key goes. Of several, the first in the order of the
// constants; checking refuses several.
func (a Auth) Placement() Placement {
	switch {
	case a.Scheme == "raw":
		return PlaceRaw
	case a.Scheme == "basic":
		return PlaceBasic
	case a.Scheme == "digest":
		return PlaceDigest
	case a.Scheme == "none":
		return PlaceNone
	case a.SigV4 != nil || a.HMAC != nil:
		return PlaceSigned
	case a.Scheme != "":
		return PlaceScheme
	case a.Header != "":
		return PlaceHeader
	case a.Query != "":
		return PlaceQuery
	case a.JSON != "":
		return PlaceJSON
	case a.Form != "":
		return PlaceForm
	}
	return PlaceMissing
}

// Word is what stands before the key in the Authorization header: "Bearer" for bearer,
// any other word as it is.
func (a Auth) Word() string {
	if strings.EqualFold(a.Scheme, "bearer") {
		return "Bearer"
	}
	return a.Scheme
}

// Basic gives the templates of user and password. Without either, the key is the user
// and the password is empty.
func (a Auth) Basic() (user, password Template) {
	user, password = a.User, a.Password
	switch {
	case user == "" && password == "":
		return "$" + KeyPart, ""
	case user == "":
		return "$" + KeyPart, password
	case password == "":
		return user, "$" + KeyPart
	}
	return user, password
}

// mistake says what is wrong with the placement; empty when nothing is.
func (a Auth) mistake() (message, fix string) {
	places := 0
	for _, given := range []bool{a.Scheme != "", a.Header != "", a.Query != "", a.JSON != "", a.Form != "", a.SigV4 != nil, a.HMAC != nil} {
		if given {
			places++
		}
	}
	switch {
	case places == 0:
		return "the request does not say where the key goes", "add `auth: {scheme: bearer}`, {header: X-Api-Key}, {query: key}, {json: $.key} or {form: key}"
	case places > 1:
		return "the key goes to exactly one place, found several", "keep one of scheme, header, query, json, form, sigv4 and hmac"
	case a.Scheme != "" && !isToken(a.Scheme):
		return "the scheme is not one word", "write bearer, basic, raw, none, or the vendor's own word"
	case a.meant() != "":
		return fmt.Sprintf("%q is none of the schemes bearer, basic, digest, raw, none and token", a.Scheme),
			fmt.Sprintf("did you mean %q? A word of the vendor's own that is so near goes with {header: Authorization, prefix: …}", a.meant())
	case (a.User != "" || a.Password != "") && a.Scheme != "basic" && a.Scheme != "digest":
		return `"user" and "password" go with the schemes "basic" and "digest" only`, "write {scheme: basic, user: …}"
	case a.Prefix != "" && a.Header == "":
		return `"prefix" goes with "header" only`, "write {header: X-Api-Key, prefix: …}"
	case a.Header != "" && !isToken(a.Header):
		return `"header" is not the name of a header`, "write it like X-Api-Key"
	case hasControl(a.Prefix):
		return `"prefix" holds a character that no header may hold`, "write plain text on one line"
	}
	return "", ""
}

// meant gives the scheme that another word is nearly; empty where it is one, or a word of the
// vendor's own. Case matters only where the scheme is more than the word before the key.
func (a Auth) meant() string {
	if strings.EqualFold(a.Scheme, "bearer") || strings.EqualFold(a.Scheme, "token") {
		return ""
	}
	if near := strict.Nearest(a.Scheme, []string{"bearer", "basic", "digest", "raw", "none", "token"}); near != a.Scheme {
		return near
	}
	return ""
}

// isToken reports whether text can be the name of a header or a scheme.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return text != ""
}

func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
