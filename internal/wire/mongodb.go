package wire

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/auth"
)

// dialer is the driver's way to take a function.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return d(ctx, network, address)
}

func (t Target) mongodb(ctx context.Context) (Answer, error) {
	query := t.URL.Query()
	login := options.Credential{
		Username: t.user(), Password: t.password(), PasswordSet: true,
		AuthSource: query.Get("authSource"), AuthMechanism: query.Get("authMechanism"),
	}
	if login.AuthSource == "" {
		login.AuthSource = "admin"
		if name := t.database(); name != "" {
			login.AuthSource = name
		}
	}
	o := options.Client().SetHosts([]string{t.address()}).SetAuth(login).SetDirect(true).
		SetDialer(dialer(t.Dial)).SetMaxPoolSize(1).SetMaxConnecting(1).
		SetRetryReads(false).SetRetryWrites(false).SetHeartbeatInterval(time.Hour).
		SetServerSelectionTimeout(t.Time).SetConnectTimeout(t.Time)
	if wants := query.Get("tls") + query.Get("ssl"); !t.Plain || wants == "true" {
		o.SetTLSConfig(t.TLS)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		return nil, cause(err)
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	var status struct {
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
	if err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "connectionStatus", Value: 1}}).Decode(&status); err != nil {
		return mongoRefusal(err)
	}
	out := Answer{"ok": true}
	if users := status.AuthInfo.Users; len(users) == 1 {
		out["user"], out["database"] = users[0].User, users[0].DB
	}
	var roles []string
	for _, r := range status.AuthInfo.Roles {
		roles = append(roles, r.Role+"@"+r.DB)
	}
	out["roles"] = roles
	return out, nil
}

// mongoRefusal finds the server's own error, however deep the driver wraps it.
func mongoRefusal(err error) (Answer, error) {
	if e := (mongo.CommandError{}); errors.As(err, &e) && e.Code != 0 {
		return refused(strconv.Itoa(int(e.Code)), e.Message), nil
	}
	if e := (driver.Error{}); errors.As(err, &e) && e.Code != 0 {
		return refused(strconv.Itoa(int(e.Code)), e.Message), nil
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		login := (*auth.Error)(nil)
		if !errors.As(inner, &login) {
			break
		}
		if e := (driver.Error{}); errors.As(login.Inner(), &e) && e.Code != 0 {
			return refused(strconv.Itoa(int(e.Code)), e.Message), nil
		}
	}
	return nil, cause(err)
}
