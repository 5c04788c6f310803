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

	"go.mongodb.org/mongo-driver/v2/bson"
)

// MongoDB is asked with the driver's own BSON, but over a connection of ours: the driver
// itself keeps pools and monitors, logs in more than once, and weighs three times as much. Sources: the specifications of OP_MSG, of the handshake and of
// authentication, https://github.com/mongodb/specifications.

const (
	mongoMessage  = 2013    // OP_MSG
	maxMongoReply = 1 << 20 // bytes
)

// mongoReply is the part of any reply that is looked at.
type mongoReply struct {
	OK       float64     `bson:"ok"`
	Code     int32       `bson:"code"`
	Message  string      `bson:"errmsg"`
	Mechs    []string    `bson:"saslSupportedMechs"`
	ID       any         `bson:"conversationId"`
	Done     bool        `bson:"done"`
	Payload  bson.Binary `bson:"payload"`
	AuthInfo struct {
		Users []struct {
			User string `bson:"user"`
			DB   string `bson:"db"`
		} `bson:"authenticatedUsers"`
		Roles []struct {
			Role string `bson:"role"`
			DB   string `bson:"db"`
		} `bson:"authenticatedUserRoles"`
	} `bson:"authInfo"`
}

func (t Target) mongodb(ctx context.Context) (Answer, error) {
	query := t.URL.Query()
	conn, err := t.open(ctx)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = conn.Close() }()
	if !t.Plain || query.Get("tls")+query.Get("ssl") == "true" {
		conn = tls.Client(conn, t.TLS)
	}
	m := &mongo{conn: conn, db: query.Get("authSource")}
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
}

// who asks for the rights of the connection.
func (m *mongo) who() (Answer, error) {
	status, err := m.ask(bson.D{{Key: "connectionStatus", Value: 1}, {Key: "$db", Value: "admin"}})
	if err != nil {
		return nil, cause(err)
	}
	if status.OK != 1 {
		return status.refusal(), nil
	}
	out := Answer{"ok": true}
	if users := status.AuthInfo.Users; len(users) == 1 {
		out["user"], out["database"] = users[0].User, users[0].DB
	}
	roles := []string{}
	for _, r := range status.AuthInfo.Roles {
		roles = append(roles, r.Role+"@"+r.DB)
	}
	out["roles"] = roles
	return out, nil
}

func (r mongoReply) refusal() Answer { return refused(strconv.Itoa(int(r.Code)), r.Message) }

// errMechanism says that a server wants a login of another kind.
var errMechanism = errors.New("the server takes no login by SCRAM")

// logIn logs in by SCRAM (RFC 5802, RFC 7677). The refusal is nil when it was accepted.
func (m *mongo) logIn(user, password, mechanism string) (Answer, error) {
	hello, err := m.ask(bson.D{{Key: "hello", Value: 1}, {Key: "saslSupportedMechs", Value: m.db + "." + user}, {Key: "$db", Value: "admin"}})
	if err != nil {
		return nil, err
	}
	if mechanism == "" {
		mechanism = "SCRAM-SHA-1"
		if slices.Contains(hello.Mechs, "SCRAM-SHA-256") || len(hello.Mechs) == 0 {
			mechanism = "SCRAM-SHA-256"
		}
	}
	talk, err := scramClient(mechanism, user, password)
	if err != nil {
		return nil, err
	}
	reply, refusal, err := m.step(bson.D{
		{Key: "saslStart", Value: 1}, {Key: "mechanism", Value: mechanism}, {Key: "payload", Value: bson.Binary{Data: []byte(talk.first())}},
		{Key: "options", Value: bson.D{{Key: "skipEmptyExchange", Value: true}}}, {Key: "$db", Value: m.db},
	})
	if err != nil || refusal != nil {
		return refusal, err
	}
	final, err := talk.final(string(reply.Payload.Data))
	if err != nil {
		return nil, err
	}
	if reply, refusal, err = m.next(reply, final); err != nil || refusal != nil {
		return refusal, err
	}
	if err := talk.verify(string(reply.Payload.Data)); err != nil {
		return nil, err
	}
	if !reply.Done { // a server that does not know of skipEmptyExchange
		if reply, refusal, err = m.next(reply, ""); err != nil || refusal != nil {
			return refusal, err
		}
	}
	if !reply.Done {
		return nil, errMechanism
	}
	return nil, nil
}

// next answers the last reply of a login.
func (m *mongo) next(last mongoReply, payload string) (mongoReply, Answer, error) {
	return m.step(bson.D{
		{Key: "saslContinue", Value: 1}, {Key: "conversationId", Value: last.ID}, {Key: "payload", Value: bson.Binary{Data: []byte(payload)}}, {Key: "$db", Value: m.db},
	})
}

// step sends a command of a login; the refusal is nil when the server goes on.
func (m *mongo) step(command bson.D) (mongoReply, Answer, error) {
	reply, err := m.ask(command)
	if err == nil && reply.OK != 1 {
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
func (m *mongo) ask(command bson.D) (mongoReply, error) {
	var reply mongoReply
	body, err := bson.Marshal(command)
	if err != nil {
		return reply, err
	}
	m.id++
	out := make([]byte, 21, 21+len(body))
	for i, n := range []uint32{uint32(21 + len(body)), uint32(m.id), 0, mongoMessage, 0} {
		binary.LittleEndian.PutUint32(out[4*i:], n)
	}
	if _, err := m.conn.Write(append(out, body...)); err != nil {
		return reply, err
	}
	var head [16]byte
	if _, err := io.ReadFull(m.conn, head[:]); err != nil {
		return reply, err
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length < 26 || length > maxMongoReply || binary.LittleEndian.Uint32(head[12:]) != mongoMessage {
		return reply, errOther
	}
	rest := make([]byte, length-16)
	if _, err := io.ReadFull(m.conn, rest); err != nil {
		return reply, err
	}
	if rest[4] != 0 { // the kind of the first section: one document
		return reply, errOther
	}
	return reply, bson.Unmarshal(rest[5:], &reply)
}
