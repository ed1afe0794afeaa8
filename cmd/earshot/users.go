package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/api"
	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) usersCmd() *cobra.Command {
	c := group("users", "Who may sign in")
	list := &cobra.Command{
		Use: "list", Short: "Users with their roles and scopes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listUsers(cmd.Context()) },
	}
	a.outputFlag(list, "table", "table", "json", "ndjson")
	var role, scope string
	var given bool
	add := &cobra.Command{
		Use: "add NAME", Short: "Make a user and print a password for them, once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPassword(given, func(password string) error {
				return a.putUser(cmd.Context(), args[0], true, api.UserChange{Role: &role, Scope: &scope, Password: &password})
			})
		},
	}
	add.Flags().StringVar(&role, "role", string(api.RoleViewer), "viewer, analyst or admin; the first user is an admin")
	add.Flags().StringVar(&scope, "scope", "", "a query: only what it finds is there for them")
	password := &cobra.Command{
		Use: "password NAME", Short: "Give a user a new password and print it, once; their sessions end", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withPassword(given, func(password string) error {
				return a.putUser(cmd.Context(), args[0], false, api.UserChange{Password: &password})
			})
		},
	}
	for _, cmd := range []*cobra.Command{add, password} {
		cmd.Flags().BoolVar(&given, "stdin", false, "take the password from the first line of standard input instead")
	}
	setRole := &cobra.Command{
		Use: "role NAME ROLE", Short: "Give a user another role", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.putUser(cmd.Context(), args[0], false, api.UserChange{Role: &args[1]})
		},
	}
	setScope := &cobra.Command{
		Use: "scope NAME [QUERY]", Short: "Say what a user sees; without a query everything", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			query := strings.Join(args[1:], "")
			return a.putUser(cmd.Context(), args[0], false, api.UserChange{Scope: &query})
		},
	}
	remove := &cobra.Command{
		Use: "remove NAME", Short: "Remove a user, with their tokens and sessions", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.removeUser(cmd.Context(), args[0]) },
	}
	for _, cmd := range []*cobra.Command{list, add, password, setRole, setScope, remove} {
		a.dataFlags(cmd)
		c.AddCommand(cmd)
	}
	return c
}

// withPassword takes a password from standard input, or makes one and prints
// it when it has become somebody's.
func (a *app) withPassword(given bool, set func(password string) error) error {
	if !given {
		password := strings.ToLower(rand.Text()[:20])
		if err := set(password); err != nil {
			return err
		}
		_, err := fmt.Fprintln(a.stdout, password)
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(a.stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return set(strings.TrimRight(line, "\r\n"))
}

// accounts are the rules about users, for data that no daemon runs on.
func (a *app) accounts(s *daemon.Store) (api.Accounts, error) {
	cfg, err := a.config()
	if err != nil {
		return api.Accounts{}, err
	}
	accounts := api.Accounts{People: s.Ledger}
	for _, t := range cfg.Server.Tokens {
		accounts.Taken = append(accounts.Taken, t.ID)
	}
	return accounts, nil
}

func (a *app) putUser(ctx context.Context, name string, fresh bool, c api.UserChange) error {
	err := a.eitherWay(ctx, func(r *remote) error {
		var body struct {
			Rows []mention.User `json:"rows"`
		}
		if err := r.get(ctx, "/users", nil, &body); err != nil {
			return err
		}
		known := false
		for i := range body.Rows {
			known = known || body.Rows[i].Name == api.UserName(name)
		}
		if known == fresh {
			return userError(name, known)
		}
		change := map[string]*string{}
		for key, value := range map[string]*string{"role": c.Role, "scope": c.Scope, "password": c.Password} {
			if value != nil {
				change[key] = value
			}
		}
		_, err := r.raw(ctx, http.MethodPut, "/users/"+url.PathEscape(api.UserName(name)), change)
		return err
	}, func(s *daemon.Store) error {
		accounts, err := a.accounts(s)
		if err != nil {
			return err
		}
		if fresh {
			_, err = accounts.Add(ctx, "cli", mention.User{Name: name}, c)
		} else {
			_, err = accounts.Change(ctx, "cli", name, c, "")
		}
		return err
	})
	if errors.Is(err, api.ErrNotFound) {
		return userError(name, false)
	}
	return err
}

func userError(name string, known bool) error {
	if known {
		return fmt.Errorf("there is a user %q already", name)
	}
	return fmt.Errorf("there is no user %q; earshot users list tells who there is", name)
}

func (a *app) removeUser(ctx context.Context, name string) error {
	err := a.eitherWay(ctx, func(r *remote) error {
		_, err := r.raw(ctx, http.MethodDelete, "/users/"+url.PathEscape(api.UserName(name)), nil)
		return err
	}, func(s *daemon.Store) error {
		accounts, err := a.accounts(s)
		if err != nil {
			return err
		}
		return accounts.Remove(ctx, "cli", name)
	})
	if errors.Is(err, api.ErrNotFound) {
		return userError(name, false)
	}
	return err
}

func (a *app) listUsers(ctx context.Context) error {
	var rows []mention.User
	err := a.eitherWay(ctx, func(r *remote) error {
		var body struct {
			Rows []mention.User `json:"rows"`
		}
		err := r.get(ctx, "/users", nil, &body)
		rows = body.Rows
		return err
	}, func(s *daemon.Store) (err error) {
		rows, err = s.Ledger.Users(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return tellRows(a, rows, "NAME\tROLE\tSIGNED IN LAST\tSEES ONLY", func(u *mention.User) []any {
		seen := "never"
		if !u.Seen.IsZero() {
			seen = u.Seen.UTC().Format(time.RFC3339)
		}
		return []any{u.Name, u.Role, seen, u.Scope}
	})
}
