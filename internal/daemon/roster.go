package daemon

import (
	"context"
	"slices"
	"strings"

	"earshot/api"
	"earshot/internal/ledger"
	"earshot/mention"
)

// A roster is who may come in, as the ledger keeps them. Subscriptions that end
// with their owner are taken out of what is in force, too.
type roster struct {
	ledger.Ledger
	d *Daemon
}

// ChangeUser implements api.People.
func (r roster) ChangeUser(ctx context.Context, name string, change func(*mention.User, bool) (mention.AuditEntry, error)) (u mention.User, ok bool, err error) {
	err = r.settled(ctx, name, func() error {
		u, ok, err = r.Ledger.ChangeUser(ctx, name, change)
		return err
	})
	return u, ok, err
}

// DeleteUser implements api.People.
func (r roster) DeleteUser(ctx context.Context, name string, check func(mention.User, bool) (mention.AuditEntry, error)) (was bool, err error) {
	err = r.settled(ctx, name, func() error {
		was, err = r.Ledger.DeleteUser(ctx, name, check)
		return err
	})
	return was, err
}

// Withdraw implements api.People.
func (r roster) Withdraw(ctx context.Context, name string, e mention.AuditEntry) error {
	return r.settled(ctx, name, func() error { return r.Ledger.Withdraw(ctx, name, e) })
}

// settled puts the objects in force again when one that somebody owns may be
// gone. It does so even when who asked has left meanwhile.
func (r roster) settled(ctx context.Context, name string, do func() error) error {
	before, err := r.owned(ctx, name)
	if err != nil {
		return err
	}
	if err := do(); err != nil || before == 0 {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if after, err := r.owned(ctx, name); err != nil || after == before {
		return err
	}
	return r.d.apply(ctx, nil)
}

// owned is how many subscriptions a user or a token of theirs made.
func (r roster) owned(ctx context.Context, name string) (int, error) {
	list, err := r.Objects(ctx, api.KindSubscription)
	list = slices.DeleteFunc(list, func(o ledger.Object) bool { return o.Owner != name && !strings.HasPrefix(o.Owner, name+"/") })
	return len(list), err
}
