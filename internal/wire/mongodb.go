package wire

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
)

// MongoDB is asked over a connection of ours: the driver keeps pools and monitors, logs in more
// than once, and is large. Sources: the specifications of OP_MSG, of the handshake and of
// authentication, https://github.com/mongodb/specifications.

const (
	mongoMessage  = 2013    // OP_MSG
	maxMongoReply = 1 << 20 // bytes
)

// mongoReply is any reply.
type mongoReply map[string]any

func (r mongoReply) ok() bool {
	switch v := r["ok"].(type) {
	case float64:
		return v == 1
	case int32:
		return v == 1
	case int64:
		return v == 1
	}
	return false
}

func (r mongoReply) done() bool {
	done, _ := r["done"].(bool)
	return done
}

func (r mongoReply) payload() string {
	payload, _ := r["payload"].([]byte)
	return string(payload)
}

// list gives the documents of a list below another document.
func (r mongoReply) list(in, name string) []map[string]any {
	parent, _ := r[in].(map[string]any)
	list, _ := parent[name].([]any)
	var out []map[string]any
	for _, entry := range list {
		if document, ok := entry.(map[string]any); ok {
			out = append(out, document)
		}
	}
	return out
}

// textOf gives a text of a document; empty for what is none.
func textOf(document map[string]any, name string) string {
	text, _ := document[name].(string)
	return text
}

func (t Target) mongodb(ctx context.Context) (Answer, error) {
	targets := []Target{t}
	if t.URL.Scheme == "mongodb+srv" {
		var err error
		if targets, err = t.srv(ctx); err != nil {
			return nil, cause(err)
		}
	}
	t, conn, err := anyOf(ctx, targets)
	if err != nil {
		return nil, cause(err)
	}
	query := t.URL.Query()
	defer func() { _ = conn.Close() }()
	if !t.Plain || query.Get("tls")+query.Get("ssl") == "true" {
		conn = tls.Client(conn, t.TLS)
	}
	m := &mongo{conn: conn, db: query.Get("authSource"), balanced: query.Get("loadBalanced") == "true"}
	if m.db == "" {
		m.db = t.database()
	}
	if m.db == "" {
		m.db = "admin"
	}
	refusal, err := m.logIn(t.user(), t.password(), query.Get("authMechanism"))
	if err != nil || refusal != nil {
		return refusal, cause(err)
	}
	return m.who()
}

// mongo is one connection.
type mongo struct {
	conn net.Conn
	db   string // that knows the user
	id   int32  // of the last message
	// balanced says that a load balancer stands in front, which wants to be greeted as one.
	balanced bool
}

// who asks for the rights of the connection.
func (m *mongo) who() (Answer, error) {
	status, err := m.ask([]pair{{"connectionStatus", 1}, {"$db", "admin"}})
	if err != nil {
		return nil, cause(err)
	}
	if !status.ok() {
		return status.refusal(), nil
	}
	out := Answer{"ok": true}
	if users := status.list("authInfo", "authenticatedUsers"); len(users) == 1 {
		out["user"], out["database"] = textOf(users[0], "user"), textOf(users[0], "db")
	}
	roles := []string{}
	for _, role := range status.list("authInfo", "authenticatedUserRoles") {
		roles = append(roles, textOf(role, "role")+"@"+textOf(role, "db"))
	}
	out["roles"] = roles
	return out, nil
}

func (r mongoReply) refusal() Answer {
	code, _ := r["code"].(int32)
	return refused(strconv.Itoa(int(code)), textOf(r, "errmsg"))
}

// errMechanism says that a server wants a login of another kind.
var errMechanism = errors.New("the server takes no login by SCRAM")

// logIn logs in by SCRAM (RFC 5802, RFC 7677). The refusal is nil when it was accepted.
func (m *mongo) logIn(user, password, mechanism string) (Answer, error) {
	greeting := []pair{{"hello", 1}, {"saslSupportedMechs", m.db + "." + user}, {"$db", "admin"}}
	if m.balanced {
		greeting = append(greeting, pair{"loadBalanced", true})
	}
	hello, err := m.ask(greeting)
	if err != nil {
		return nil, err
	}
	if mechanism == "" {
		mechanism = "SCRAM-SHA-1"
		if mechanisms, _ := hello["saslSupportedMechs"].([]any); len(mechanisms) == 0 || slices.Contains(mechanisms, any("SCRAM-SHA-256")) {
			mechanism = "SCRAM-SHA-256"
		}
	}
	talk, err := scramClient(mechanism, user, password)
	if err != nil {
		return nil, err
	}
	reply, refusal, err := m.step([]pair{
		{"saslStart", 1}, {"mechanism", mechanism}, {"payload", []byte(talk.first())},
		{"options", []pair{{"skipEmptyExchange", true}}}, {"$db", m.db},
	})
	if err != nil || refusal != nil {
		return refusal, err
	}
	final, err := talk.final(reply.payload())
	if err != nil {
		return nil, err
	}
	if reply, refusal, err = m.next(reply, final); err != nil || refusal != nil {
		return refusal, err
	}
	if err := talk.verify(reply.payload()); err != nil {
		return nil, err
	}
	if !reply.done() { // a server that does not know of skipEmptyExchange
		if reply, refusal, err = m.next(reply, ""); err != nil || refusal != nil {
			return refusal, err
		}
	}
	if !reply.done() {
		return nil, errMechanism
	}
	return nil, nil
}

// next answers the last reply of a login.
func (m *mongo) next(last mongoReply, payload string) (mongoReply, Answer, error) {
	return m.step([]pair{
		{"saslContinue", 1}, {"conversationId", last["conversationId"]}, {"payload", []byte(payload)}, {"$db", m.db},
	})
}

// step sends a command of a login; the refusal is nil when the server goes on.
func (m *mongo) step(command []pair) (mongoReply, Answer, error) {
	reply, err := m.ask(command)
	if err == nil && !reply.ok() {
		return reply, reply.refusal(), nil
	}
	return reply, nil, err
}

func scramClient(mechanism, user, password string) (*scram, error) {
	switch mechanism {
	case "SCRAM-SHA-256":
		// Only the password is prepared: MongoDB compares names as they are
		// (the drivers' authentication specification, SCRAM-SHA-256).
		return &scram{hash: sha256.New, user: user, password: prepared(password)}, nil
	case "SCRAM-SHA-1":
		// MongoDB hands the older mechanism a digest in place of the password.
		sum := md5.Sum([]byte(user + ":mongo:" + password))
		return &scram{hash: sha1.New, user: user, password: hex.EncodeToString(sum[:])}, nil
	}
	return nil, errMechanism
}

// ask sends a command and reads its reply.
func (m *mongo) ask(command []pair) (mongoReply, error) {
	out, err := appendBSON(make([]byte, 21), command)
	if err != nil {
		return nil, err
	}
	m.id++
	for i, n := range []uint32{uint32(len(out)), uint32(m.id), 0, mongoMessage, 0} {
		binary.LittleEndian.PutUint32(out[4*i:], n)
	}
	if _, err := m.conn.Write(out); err != nil {
		return nil, err
	}
	var head [16]byte
	if _, err := io.ReadFull(m.conn, head[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length < 26 || length > maxMongoReply || binary.LittleEndian.Uint32(head[12:]) != mongoMessage {
		return nil, errOther
	}
	rest := make([]byte, length-16)
	if _, err := io.ReadFull(m.conn, rest); err != nil {
		return nil, err
	}
	if rest[4] != 0 { // the kind of the first section: one document
		return nil, errOther
	}
	return readBSON(rest[5:])
}
