package wire

import (
	"context"
	"crypto/tls"
	"encoding/binary"
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

func TestMongoDB(t *testing.T) {
	server := func(locked bool) fakeMongo {
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
		go server(c.locked).serve(there)
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
