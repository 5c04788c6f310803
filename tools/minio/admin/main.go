// Admin brings users of a MinIO server into states: admin ADDRESS USER PASSWORD VERB ARG...
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/minio/madmin-go/v3"
)

func main() {
	if len(os.Args) < 6 {
		fmt.Fprintln(os.Stderr, "expected: admin ADDRESS USER PASSWORD VERB ARG...")
		os.Exit(2)
	}
	client, err := madmin.New(os.Args[1], os.Args[2], os.Args[3], false)
	if err == nil {
		err = run(context.Background(), client, os.Args[4], append(os.Args[5:], "", "", ""))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, c *madmin.AdminClient, verb string, args []string) error {
	switch verb {
	case "policy": // NAME JSON
		return c.AddCannedPolicy(ctx, args[0], []byte(args[1]))
	case "user": // NAME SECRET
		return c.AddUser(ctx, args[0], args[1])
	case "remove-user":
		return c.RemoveUser(ctx, args[0])
	case "enable":
		return c.SetUserStatus(ctx, args[0], madmin.AccountEnabled)
	case "disable":
		return c.SetUserStatus(ctx, args[0], madmin.AccountDisabled)
	case "attach": // POLICY USER
		_, err := c.AttachPolicy(ctx, madmin.PolicyAssociationReq{Policies: args[:1], User: args[1]})
		return err
	case "detach":
		_, err := c.DetachPolicy(ctx, madmin.PolicyAssociationReq{Policies: args[:1], User: args[1]})
		return err
	case "key": // USER ID SECRET
		_, err := c.AddServiceAccount(ctx, madmin.AddServiceAccountReq{TargetUser: args[0], AccessKey: args[1], SecretKey: args[2]})
		return err
	case "disable-key":
		return c.UpdateServiceAccount(ctx, args[0], madmin.UpdateServiceAccountReq{NewStatus: "off"})
	case "remove-key":
		return c.DeleteServiceAccount(ctx, args[0])
	}
	return fmt.Errorf("no such verb: %s", verb)
}
