package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// maxNATS bounds what is read of a server: its INFO, and a few short lines.
const maxNATS = 64 << 10

// nats logs in to a NATS server and asks for a PONG. Source: the client protocol,
// https://docs.nats.io/reference/reference-protocols/nats-protocol.
func (t Target) nats(ctx context.Context) (Answer, error) {
	conn, err := t.open(ctx)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = conn.Close() }()
	// The first line alone comes in plain text where the server wants TLS after it.
	info, err := natsInfo(conn)
	if err != nil {
		return nil, cause(err)
	}
	switch {
	case info.TLSRequired || info.TLSAvailable:
		secure := tls.Client(conn, t.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, cause(err)
		}
		conn = secure
	case !t.Plain || t.URL.Scheme == "tls":
		return nil, errNotTLS
	}
	if !info.AuthRequired {
		return refused(codeOpen, "the server asks nobody for a login"), nil
	}
	return t.natsLogin(conn)
}

// natsServer is what a server tells of itself.
type natsServer struct {
	AuthRequired bool   `json:"auth_required"`
	TLSRequired  bool   `json:"tls_required"`
	TLSAvailable bool   `json:"tls_available"`
	ID           string `json:"server_id"`
}

var errNotNATS = errors.New("the server does not greet as NATS does")

// natsInfo reads the greeting byte by byte: what follows it may be TLS.
func natsInfo(conn net.Conn) (natsServer, error) {
	var info natsServer
	var line []byte
	for one := make([]byte, 1); len(line) < maxNATS; {
		if _, err := io.ReadFull(conn, one); err != nil {
			return info, err
		}
		if one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	text, ok := strings.CutPrefix(string(line), "INFO ")
	if !ok || json.Unmarshal([]byte(text), &info) != nil {
		return info, errNotNATS
	}
	return info, nil
}

func (t Target) natsLogin(conn net.Conn) (Answer, error) {
	login := map[string]any{"verbose": false, "pedantic": false, "lang": "go", "version": "1", "name": "keyfit", "protocol": 0}
	if _, has := t.URL.User.Password(); has {
		login["user"], login["pass"] = t.user(), t.password()
	} else {
		login["auth_token"] = t.user() // nats://TOKEN@host
	}
	text, err := json.Marshal(login)
	if err != nil {
		return nil, errOther
	}
	if _, err := fmt.Fprintf(conn, "CONNECT %s\r\nPING\r\n", text); err != nil {
		return nil, cause(err)
	}
	lines := bufio.NewScanner(io.LimitReader(conn, maxNATS))
	lines.Buffer(nil, maxNATS)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "PONG" {
			return t.natsUser(), nil
		}
		if text, refusal := strings.CutPrefix(line, "-ERR "); refusal {
			return refused(strings.Trim(text, "'"), strings.Trim(text, "'")), nil
		}
	}
	if err := lines.Err(); err != nil {
		return nil, cause(err)
	}
	return nil, io.ErrUnexpectedEOF
}

// natsUser is the answer to a login that was accepted. A token has no user.
func (t Target) natsUser() Answer {
	if _, has := t.URL.User.Password(); !has {
		return Answer{"ok": true}
	}
	return Answer{"ok": true, "user": t.user()}
}
