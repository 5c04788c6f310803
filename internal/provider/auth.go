package provider

import (
	"strings"
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
//	{scheme: none}                     not at all
type Auth struct {
	Scheme   string   `yaml:"scheme" doc:"bearer, basic, raw, none, or the vendor's own word before the key"`
	User     Template `yaml:"user"`
	Password Template `yaml:"password"`
	Header   string   `yaml:"header"`
	Prefix   string   `yaml:"prefix" doc:"text before the key in that header"`
	Query    string   `yaml:"query"`
	JSON     Path     `yaml:"json"`
	Form     string   `yaml:"form"`
}

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
	case a.Scheme == "none":
		return PlaceNone
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
	for _, given := range []bool{a.Scheme != "", a.Header != "", a.Query != "", a.JSON != "", a.Form != ""} {
		if given {
			places++
		}
	}
	switch {
	case places == 0:
		return "the request does not say where the key goes", "add `auth: {scheme: bearer}`, {header: X-Api-Key}, {query: key}, {json: $.key} or {form: key}"
	case places > 1:
		return "the key goes to exactly one place, found several", "keep one of scheme, header, query, json and form"
	case a.Scheme != "" && !isToken(a.Scheme):
		return "the scheme is not one word", "write bearer, basic, raw, none, or the vendor's own word"
	case (a.User != "" || a.Password != "") && a.Scheme != "basic":
		return `"user" and "password" go with scheme "basic" only`, "write {scheme: basic, user: …}"
	case a.Prefix != "" && a.Header == "":
		return `"prefix" goes with "header" only`, "write {header: X-Api-Key, prefix: …}"
	case a.Header != "" && !isToken(a.Header):
		return `"header" is not the name of a header`, "write it like X-Api-Key"
	case hasControl(a.Prefix):
		return `"prefix" holds a character that no header may hold`, "write plain text on one line"
	}
	return "", ""
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
