package ledger_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/internal/ledger"
	"earshot/mention"
)

// did is a line of the audit.
func did(action string) mention.AuditEntry {
	return mention.AuditEntry{At: start, Actor: "root", Action: action, Object: "ann"}
}

func testUsers(t *testing.T, l ledger.Ledger) {
	ctx := t.Context()
	if must(l.Peopled(ctx))(t) {
		t.Error("Peopled before anybody is there")
	}
	ann := mention.User{Name: "ann", Role: "analyst", Scope: "brand:acme", Password: "$argon2id$x", Made: start}
	bob := mention.User{Name: "bob@example.org", Role: "admin", Subject: "https://id.example 42", Made: start}
	for _, u := range []mention.User{bob, ann} {
		if fresh, err := l.AddUser(ctx, u, did("put.user")); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
	}
	if fresh, err := l.AddUser(ctx, mention.User{Name: "ann", Role: "admin"}, did("put.user.again")); err != nil || fresh {
		t.Errorf("AddUser of one there is = %v, %v", fresh, err)
	}
	if diff := cmp.Diff([]mention.User{ann, bob}, must(l.Users(ctx))(t)); diff != "" {
		t.Error("Users (-want +got):", diff)
	}
	if u, ok, err := l.UserOf(ctx, bob.Subject); err != nil || !ok || u.Name != bob.Name {
		t.Errorf("UserOf = %+v %v %v", u, ok, err)
	}
	for _, subject := range []string{"", "https://id.example 43"} {
		if u, ok, err := l.UserOf(ctx, subject); ok || err != nil {
			t.Errorf("UserOf(%q) = %+v %v %v, want nobody", subject, u, ok, err)
		}
	}
	if _, ok, err := l.User(ctx, "eve"); ok || err != nil {
		t.Errorf("User(eve) = %v, %v", ok, err)
	}
	if _, err := l.AddUser(ctx, mention.User{Name: "twin", Role: "viewer", Subject: bob.Subject}, did("put.user")); err == nil {
		t.Error("two users of one subject")
	}
	trail := must(l.AuditTrail(ctx, mention.AuditFilter{Action: "put", Limit: 10}))(t)
	if len(trail) < 2 || trail[0].Seq < trail[1].Seq || trail[0].Action != "put.user" {
		t.Errorf("AuditTrail = %+v, want newest first", trail)
	}
	for _, f := range []mention.AuditFilter{{Action: "pu"}, {Actor: "eve"}, {Object: "bob"}, {Before: 1}} {
		if list := must(l.AuditTrail(ctx, f))(t); len(list) != 0 {
			t.Errorf("AuditTrail(%+v) = %+v, want nothing", f, list)
		}
	}
}

func testSessions(t *testing.T, l ledger.Ledger) {
	ctx := t.Context()
	must(l.AddUser(ctx, mention.User{Name: "ann", Role: "viewer", Made: start}, mention.AuditEntry{}))(t)
	hash := func(s string) [sha256.Size]byte { return sha256.Sum256([]byte(s)) }
	token := mention.AccessToken{ID: "k1", Owner: "ann", Role: "viewer", Hash: hash("k"), Made: start, Expires: start.Add(time.Hour)}
	if kept, err := l.PutAccessToken(ctx, token, did("put.token")); err != nil || !kept {
		t.Fatal(kept, err)
	}
	if kept, err := l.PutAccessToken(ctx, mention.AccessToken{ID: "k2", Owner: "gone", Role: "viewer", Hash: hash("k2")}, did("put.token")); err != nil || kept {
		t.Errorf("a token of nobody: %v, %v", kept, err)
	}
	if kept, err := l.PutSession(ctx, mention.Session{ID: "s", User: "gone", Hash: hash("gone")}, did("signin")); err != nil || kept {
		t.Errorf("a session of nobody: %v, %v", kept, err)
	}
	if _, err := l.PutAccessToken(ctx, token, did("put.token")); err == nil {
		t.Error("a token was made twice")
	}
	if k, ok, err := l.AccessToken(ctx, hash("k")); err != nil || !ok || cmp.Diff(token, k) != "" {
		t.Errorf("AccessToken = %+v %v %v", k, ok, err)
	}
	for i := range 60 {
		id := fmt.Sprintf("s%02d", i)
		s := mention.Session{ID: id, User: "ann", Hash: hash(id), Made: start.Add(time.Duration(i) * time.Minute), Used: start.Add(time.Duration(i) * time.Minute), Agent: "b", Address: "::1"}
		if kept, err := l.PutSession(ctx, s, did("signin")); err != nil || !kept {
			t.Fatal(kept, err)
		}
	}
	if list := must(l.Sessions(ctx, "ann"))(t); len(list) != 50 || list[0].ID != "s59" {
		t.Errorf("%d sessions, the first %s; want the newest 50", len(list), list[0].ID)
	}
	if u, _, _ := l.User(ctx, "ann"); !u.Seen.Equal(start.Add(59 * time.Minute)) {
		t.Errorf("seen %s", u.Seen)
	}
	if err := l.UseSession(ctx, "s50", start.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s, ok, err := l.Session(ctx, hash("s50")); err != nil || !ok || !s.Used.Equal(start.Add(2*time.Hour)) {
		t.Errorf("Session = %+v %v %v", s, ok, err)
	}
	for _, tt := range []struct {
		f    mention.SessionFilter
		want int
	}{
		{mention.SessionFilter{ID: "s59", User: "bob"}, 0},
		{mention.SessionFilter{ID: "s59", User: "ann"}, 1},
		{mention.SessionFilter{UsedBefore: start.Add(20 * time.Minute)}, 10},
		{mention.SessionFilter{User: "ann", Except: "s50"}, 38},
		{mention.SessionFilter{MadeBefore: start, UsedBefore: start}, 0},
	} {
		if n, err := l.EndSessions(ctx, tt.f, did("signout")); err != nil || n != tt.want {
			t.Errorf("EndSessions(%+v) = %d, %v, want %d", tt.f, n, err, tt.want)
		}
	}
	check := func(mention.User, bool) (mention.AuditEntry, error) { return did("delete.user"), nil }
	if was, err := l.DeleteUser(ctx, "ann", check); err != nil || !was {
		t.Errorf("DeleteUser = %v, %v", was, err)
	}
	if n := len(must(l.Sessions(ctx, ""))(t)) + len(must(l.AccessTokens(ctx, ""))(t)); n != 0 {
		t.Errorf("%d sessions and tokens outlive their user", n)
	}
	if was, err := l.DeleteUser(ctx, "ann", check); err != nil || was {
		t.Errorf("DeleteUser again = %v, %v", was, err)
	}
}

func testUserChanges(t *testing.T, l ledger.Ledger) {
	ctx := t.Context()
	for _, u := range []mention.User{{Name: "root", Role: "admin", Password: "p", Subject: "s", Made: start}, {Name: "ann", Role: "analyst", Made: start}} {
		must(l.AddUser(ctx, u, did("user.add")))(t)
	}
	role := func(to string) func(*mention.User, bool) (mention.AuditEntry, error) {
		return func(u *mention.User, only bool) (mention.AuditEntry, error) {
			if only != (u.Name == "root") {
				t.Errorf("%s is told to be the only admin: %v", u.Name, only)
			}
			u.Role, u.Name, u.Made = to, "another", time.Time{}
			return did("user.change"), nil
		}
	}
	if u, ok, err := l.ChangeUser(ctx, "gone", role("viewer")); err != nil || ok {
		t.Errorf("ChangeUser of nobody = %+v %v %v", u, ok, err)
	}
	if _, ok, err := l.ChangeUser(ctx, "ann", role("viewer")); err != nil || !ok {
		t.Errorf("ChangeUser = %v %v", ok, err)
	}
	no := errors.New("no")
	refuse := func(*mention.User, bool) (mention.AuditEntry, error) { return mention.AuditEntry{}, no }
	if _, _, err := l.ChangeUser(ctx, "root", refuse); err != no { //nolint:errorlint // as it was given
		t.Errorf("ChangeUser refused = %v", err)
	}
	if was, err := l.DeleteUser(ctx, "root", func(_ mention.User, only bool) (mention.AuditEntry, error) {
		if !only {
			t.Error("the only admin is not told to be")
		}
		return mention.AuditEntry{}, no
	}); err != no || was { //nolint:errorlint // as it was given
		t.Errorf("DeleteUser refused = %v %v", was, err)
	}
	want := []mention.User{{Name: "ann", Role: "viewer", Made: start}, {Name: "root", Role: "admin", Password: "p", Subject: "s", Made: start}}
	if diff := cmp.Diff(want, must(l.Users(ctx))(t)); diff != "" {
		t.Error("Users (-want +got):", diff)
	}
}

func testWithdrawing(t *testing.T, l ledger.Ledger) {
	ctx := t.Context()
	if err := l.PutReport(ctx, mention.KeptReport{ID: "r", Kind: "brand", Made: start, By: "ann", Body: []byte("{}")}, nil); err != nil {
		t.Fatal(err)
	}
	hand := func(owner string) {
		t.Helper()
		for id, ends := range map[string]time.Time{"open": start.Add(1000 * 24 * time.Hour), "over": start.Add(-time.Hour)} {
			if err := l.PutShare(ctx, mention.Share{ID: owner + id, Report: "r", By: owner, Created: start, Expires: ends, Hash: owner + id}); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.PutObject(ctx, ledger.Object{Kind: "subscription", ID: owner, Owner: owner, Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		if err := l.PutObject(ctx, ledger.Object{Kind: "label", ID: owner, Owner: owner, Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	handed := func(owner string) bool {
		t.Helper()
		s := must(l.ShareOf(ctx, owner+"open"))(t)
		subscribed := slices.ContainsFunc(must(l.Objects(ctx, "subscription"))(t), func(o ledger.Object) bool { return o.ID == owner })
		if s.Revoked.IsZero() != subscribed {
			t.Errorf("of %s: link %+v, subscription %v", owner, s, subscribed)
		}
		return subscribed
	}
	for _, name := range []string{"ann", "anna"} {
		must(l.AddUser(ctx, mention.User{Name: name, Role: "analyst", Made: start}, mention.AuditEntry{}))(t)
	}
	for _, owner := range []string{"ann", "ann/ci", "anna"} {
		hand(owner)
	}
	scope := func(q string) {
		t.Helper()
		if _, ok, err := l.ChangeUser(ctx, "ann", func(u *mention.User, _ bool) (mention.AuditEntry, error) {
			u.Scope = q
			return did("user.change"), nil
		}); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	if scope(""); !handed("ann") || !handed("ann/ci") {
		t.Error("no scope ended something")
	}
	if scope("country:ch"); handed("ann") || handed("ann/ci") || !handed("anna") {
		t.Error("a scope left what was handed out without it, or took another's")
	}
	if e := must(l.AuditTrail(ctx, mention.AuditFilter{Limit: 1}))(t); e[0].Detail != "ended: 2 report links, 2 subscriptions" {
		t.Errorf("audit %+v", e)
	}
	if n := len(must(l.Objects(ctx, "label"))(t)); n != 3 {
		t.Errorf("%d labels are left of 3", n)
	}
	must(l.PutSession(ctx, mention.Session{ID: "s", User: "anna", Hash: sha256.Sum256(nil)}, did("signin")))(t)
	for range 2 { // the second time there is nothing to end, or to note
		if err := l.Withdraw(ctx, "anna", did("user.shut")); err != nil || handed("anna") {
			t.Errorf("Withdraw = %v", err)
		}
	}
	if e := must(l.AuditTrail(ctx, mention.AuditFilter{Action: "user", Limit: 9}))(t); len(e) != 3 || e[0].Detail != "ended: 1 session, 1 report link, 1 subscription" {
		t.Errorf("audit %+v", e)
	}
}
