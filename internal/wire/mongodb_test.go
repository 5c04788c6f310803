package wire

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	xdg "github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// fakeMongo is a server that speaks OP_MSG and takes logins by SCRAM; there is no server of
// MongoDB's own that the tests could start.
type fakeMongo struct {
	scram  *xdg.Server
	mechs  []string
	locked bool // connectionStatus is not allowed
	asked  func(db string)
}

func (f fakeMongo) serve(conn net.Conn) {
	defer conn.Close()
	var talk *xdg.ServerConversation
	for {
		var head [16]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		rest := make([]byte, binary.LittleEndian.Uint32(head[:])-16)
		if _, err := io.ReadFull(conn, rest); err != nil {
			return
		}
		var command bson.M
		if bson.Unmarshal(rest[5:], &command) != nil {
			return
		}
		var reply bson.D
		switch {
		case command["hello"] != nil:
			reply = bson.D{{Key: "ok", Value: 1.0}, {Key: "saslSupportedMechs", Value: f.mechs}}
		case command["saslStart"] != nil, command["saslContinue"] != nil:
			if f.asked != nil {
				f.asked(command["$db"].(string))
			}
			if talk == nil {
				talk = f.scram.NewConversation()
			}
			out, err := talk.Step(string(command["payload"].(bson.Binary).Data))
			reply = bson.D{{Key: "conversationId", Value: int32(7)}, {Key: "done", Value: talk.Done()}, {Key: "payload", Value: bson.Binary{Data: []byte(out)}}, {Key: "ok", Value: 1.0}}
			if err != nil {
				reply = bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(18)}, {Key: "errmsg", Value: "Authentication failed."}}
			}
		case f.locked:
			reply = bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(13)}, {Key: "errmsg", Value: "not authorized on admin"}}
		default:
			reply = bson.D{{Key: "ok", Value: 1.0}, {Key: "authInfo", Value: bson.D{
				{Key: "authenticatedUsers", Value: bson.A{bson.D{{Key: "user", Value: "app"}, {Key: "db", Value: "shop"}}}},
				{Key: "authenticatedUserRoles", Value: bson.A{bson.D{{Key: "role", Value: "readWrite"}, {Key: "db", Value: "shop"}}}},
			}}}
		}
		body, _ := bson.Marshal(reply)
		out := make([]byte, 21)
		for i, n := range []uint32{uint32(21 + len(body)), 1, 1, 2013, 0} {
			binary.LittleEndian.PutUint32(out[4*i:], n)
		}
		_, _ = conn.Write(append(out, body...))
	}
}

func mongoServer(t *testing.T, locked bool) fakeMongo {
	t.Helper()
	client, err := xdg.SHA256.NewClient("app", "CANARYapp", "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := client.GetStoredCredentialsWithError(xdg.KeyFactors{Salt: "0123456789abcdef", Iters: 4096})
	if err != nil {
		t.Fatal(err)
	}
	s, err := xdg.SHA256.NewServer(func(user string) (xdg.StoredCredentials, error) {
		if user != "app" {
			return xdg.StoredCredentials{}, io.EOF
		}
		return stored, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fakeMongo{scram: s, mechs: []string{"SCRAM-SHA-1", "SCRAM-SHA-256"}, locked: locked}
}

func TestMongoDB(t *testing.T) {
	for _, c := range []struct {
		name, url string
		locked    bool
		want      Answer
		err       string
	}{
		{"accepted", "mongodb://app:CANARYapp@db/shop", false, Answer{"ok": true, "user": "app", "database": "shop", "roles": []string{"readWrite@shop"}}, ""},
		{"a wrong password", "mongodb://app:CANARYwrong@db/shop", false, Answer{"ok": false, "code": "18", "message": "Authentication failed."}, ""},
		{"no such user", "mongodb://nobody:CANARY@db/shop", false, Answer{"ok": false, "code": "18", "message": "Authentication failed."}, ""},
		{"no right to ask", "mongodb://app:CANARYapp@db/shop", true, Answer{"ok": false, "code": "13", "message": "not authorized on admin"}, ""},
		{"another mechanism", "mongodb://app:CANARYapp@db/shop?authMechanism=GSSAPI", false, nil, "protocol"},
	} {
		here, there := net.Pipe()
		go mongoServer(t, c.locked).serve(there)
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Ask(t.Context(), Target{
			Protocol: "mongodb", URL: u, Plain: true, TLS: &tls.Config{}, Time: 20 * time.Second,
			Dial: func(context.Context, string, string) (net.Conn, error) { return here, nil },
		})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
		if (err == nil) != (c.err == "") || err != nil && (!strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "CANARY")) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// records stands for the DNS.
type records struct {
	hosts []string
	text  string
	err   error
}

func (r records) srv(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	var out []*net.SRV
	for _, host := range r.hosts {
		out = append(out, &net.SRV{Target: host + ".", Port: 27016})
	}
	if service+proto+name != "mongodbtcpc0.abcde.mongodb.example" {
		return "", nil, errors.New("another question")
	}
	return "", out, r.err
}

func (r records) txt(context.Context, string) ([]string, error) {
	if r.text == "" {
		return nil, &net.DNSError{IsNotFound: true}
	}
	return []string{r.text}, nil
}

// TestMongoDBByDNS: the DNS names the hosts, in the URL's own domain alone, and some options.
func TestMongoDBByDNS(t *testing.T) {
	good := []string{"c0-0.abcde.mongodb.example", "c0-1.abcde.mongodb.example"}
	for _, c := range []struct {
		name, query string
		dns         records
		dialled     string
		db, err     string
	}{
		{"accepted", "?tls=false", records{hosts: good, text: "authSource=shop&replicaSet=rs"}, "c0-0.abcde.mongodb.example:27016", "shop", ""},
		{"the URL's own option goes before", "?tls=false&authSource=admin", records{hosts: good, text: "authSource=shop"}, "c0-0.abcde.mongodb.example:27016", "admin", ""},
		{"no text", "?tls=false", records{hosts: good}, "c0-0.abcde.mongodb.example:27016", "admin", ""},
		{"the first is gone", "?tls=false", records{hosts: append([]string{"gone.abcde.mongodb.example"}, good...)}, "gone.abcde.mongodb.example:27016 c0-0.abcde.mongodb.example:27016", "admin", ""},
		{"TLS by itself", "", records{hosts: good}, "c0-0.abcde.mongodb.example:27016", "", "protocol"},
		{"another domain", "?tls=false", records{hosts: []string{"c0-0.evil.example"}}, "", "", "outside of the URL's domain"},
		{"another domain with the same end", "?tls=false", records{hosts: []string{"eviabcde.mongodb.example"}}, "", "", "outside of the URL's domain"},
		{"no record", "?tls=false", records{}, "", "", "no such host"},
		{"no DNS", "?tls=false", records{err: &net.DNSError{Err: "server misbehaving", Name: "c0"}}, "", "", "misbehaving"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := url.Parse("mongodb+srv://app:CANARYapp@c0.abcde.mongodb.example/" + c.query)
			if err != nil {
				t.Fatal(err)
			}
			var dialled, dbs []string
			got, err := Ask(t.Context(), Target{
				Protocol: "mongodb", URL: u, Plain: true, TLS: &tls.Config{}, Time: 20 * time.Second, Names: Names{SRV: c.dns.srv, TXT: c.dns.txt},
				Dial: func(_ context.Context, _, address string) (net.Conn, error) {
					if dialled = append(dialled, address); strings.HasPrefix(address, "gone") {
						return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
					}
					here, there := net.Pipe()
					if c.query == "" {
						go func() {
							first := make([]byte, 1)
							_, _ = there.Read(first)
							if _ = there.Close(); first[0] != 0x16 { // a TLS handshake
								t.Errorf("spoke plainly, %x", first)
							}
						}()
						return here, nil
					}
					server := mongoServer(t, false)
					server.asked = func(db string) { dbs = append(dbs, db) }
					go server.serve(there)
					return here, nil
				},
			})
			if strings.Join(dialled, " ") != c.dialled {
				t.Errorf("dialled %v", dialled)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("%v", err)
			}
			if err == nil && (!got.Accepted() || len(dbs) == 0 || dbs[0] != c.db) {
				t.Errorf("%v, logged in to %v", got, dbs)
			}
		})
	}
}
