package ledger_test

import (
	"crypto/sha256"
	"fmt"
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
		if err := l.PutUser(ctx, u, did("put.user")); err != nil {
			t.Fatal(err)
		}
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
	if err := l.PutUser(ctx, mention.User{Name: "twin", Role: "viewer", Subject: bob.Subject}, did("put.user")); err == nil {
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
	if err := l.PutUser(ctx, mention.User{Name: "ann", Role: "viewer", Made: start}, mention.AuditEntry{}); err != nil {
		t.Fatal(err)
	}
	hash := func(s string) [sha256.Size]byte { return sha256.Sum256([]byte(s)) }
	token := mention.AccessToken{ID: "k1", Owner: "ann", Role: "viewer", Hash: hash("k"), Made: start, Expires: start.Add(time.Hour)}
	if err := l.PutAccessToken(ctx, token, did("put.token")); err != nil {
		t.Fatal(err)
	}
	if err := l.PutAccessToken(ctx, token, did("put.token")); err == nil {
		t.Error("a token was made twice")
	}
	if k, ok, err := l.AccessToken(ctx, hash("k")); err != nil || !ok || cmp.Diff(token, k) != "" {
		t.Errorf("AccessToken = %+v %v %v", k, ok, err)
	}
	for i := range 60 {
		id := fmt.Sprintf("s%02d", i)
		s := mention.Session{ID: id, User: "ann", Hash: hash(id), Made: start.Add(time.Duration(i) * time.Minute), Used: start.Add(time.Duration(i) * time.Minute), Agent: "b", Address: "::1"}
		if err := l.PutSession(ctx, s, did("signin")); err != nil {
			t.Fatal(err)
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
	if was, err := l.DeleteUser(ctx, "ann", did("delete.user")); err != nil || !was {
		t.Errorf("DeleteUser = %v, %v", was, err)
	}
	if n := len(must(l.Sessions(ctx, ""))(t)) + len(must(l.AccessTokens(ctx, ""))(t)); n != 0 {
		t.Errorf("%d sessions and tokens outlive their user", n)
	}
	if was, err := l.DeleteUser(ctx, "ann", did("delete.user")); err != nil || was {
		t.Errorf("DeleteUser again = %v, %v", was, err)
	}
}
