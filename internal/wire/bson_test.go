package wire

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestBSONEqualsTheDriver: what is written here is what the driver writes, and what the driver
// writes is read.
func TestBSONEqualsTheDriver(t *testing.T) {
	ours := []pair{
		{"hello", 1}, {"far", 1 << 40}, {"below", -1}, {"half", 0.5}, {"text", "ä\U0001f600"}, {"empty", ""}, {"on", true}, {"off", false},
		{"bytes", []byte{0, 1, 2}}, {"options", []pair{{"skipEmptyExchange", true}, {"none", []pair{}}}}, {"n32", int32(7)}, {"n64", int64(7)},
	}
	theirs := bson.D{
		{Key: "hello", Value: int32(1)}, {Key: "far", Value: int64(1 << 40)}, {Key: "below", Value: int32(-1)}, {Key: "half", Value: 0.5},
		{Key: "text", Value: "ä\U0001f600"}, {Key: "empty", Value: ""}, {Key: "on", Value: true}, {Key: "off", Value: false},
		{Key: "bytes", Value: bson.Binary{Data: []byte{0, 1, 2}}},
		{Key: "options", Value: bson.D{{Key: "skipEmptyExchange", Value: true}, {Key: "none", Value: bson.D{}}}},
		{Key: "n32", Value: int32(7)}, {Key: "n64", Value: int64(7)},
	}
	got, err := appendBSON(nil, ours)
	if err != nil {
		t.Fatal(err)
	}
	want, err := bson.Marshal(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}

	decimal, err := bson.ParseDecimal128("1.5")
	if err != nil {
		t.Fatal(err)
	}
	strange, err := bson.Marshal(bson.D{
		{Key: "ok", Value: 1.0}, {Key: "list", Value: bson.A{"a", int32(2), bson.D{{Key: "b", Value: int64(3)}}}}, {Key: "id", Value: bson.NewObjectID()},
		{Key: "when", Value: time.Unix(1, 0)}, {Key: "stamp", Value: bson.Timestamp{T: 1}}, {Key: "decimal", Value: decimal}, {Key: "pattern", Value: bson.Regex{Pattern: "a", Options: "i"}},
		{Key: "null", Value: nil}, {Key: "least", Value: bson.MinKey{}}, {Key: "greatest", Value: bson.MaxKey{}}, {Key: "code", Value: bson.JavaScript("1")},
		{Key: "scoped", Value: bson.CodeWithScope{Code: "1", Scope: bson.D{}}}, {Key: "symbol", Value: bson.Symbol("s")}, {Key: "last", Value: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := readBSON(strange)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{
		"ok": 1.0, "list": []any{"a", int32(2), map[string]any{"b": int64(3)}}, "id": nil, "when": nil, "stamp": nil, "decimal": nil, "pattern": nil,
		"null": nil, "least": nil, "greatest": nil, "code": "1", "scoped": nil, "symbol": "s", "last": true,
	}, read); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := appendBSON(nil, []pair{{"a\x00b", 1}}); err == nil {
		t.Error("a name with a zero is written")
	}
}

// FuzzBSON: what the driver takes for a document is read, and nothing makes the reader fail
// otherwise than by saying so.
func FuzzBSON(f *testing.F) {
	for _, d := range []bson.D{{}, {{Key: "ok", Value: 1.0}}, {{Key: "a", Value: bson.A{bson.D{{Key: "b", Value: "c"}}, nil, bson.Binary{Data: []byte("x")}}}}} {
		data, err := bson.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(strings.Repeat("\x05\x00\x00\x00\x00", 3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := readBSON(data)
		if err != nil {
			return
		}
		var theirs bson.M
		if bson.Raw(data).Validate() == nil && bson.Unmarshal(data, &theirs) == nil && len(theirs) != len(read) {
			t.Errorf("%d fields, the driver reads %d", len(read), len(theirs))
		}
	})
}
