package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
	"earshot/mention"
)

func notes(list ...mention.TimeNote) []mention.TimeNote {
	for i := range list {
		n := &list[i]
		if n.From.IsZero() {
			n.From, n.To = day.AddDate(0, 0, -3), day.AddDate(0, 0, 1)
		}
		if n.By == "" {
			n.By = "root"
		}
		n.At = day
	}
	return list
}

func TestNotesStandOnPages(t *testing.T) {
	f := newFake(3)
	f.notes = notes(mention.TimeNote{ID: "na", Text: "The campaign begins"}, mention.TimeNote{ID: "nb", Text: "Of another brand", Query: "brand:vantor"})
	for i, v := range vectors {
		f.notes = append(f.notes, notes(mention.TimeNote{ID: "nv" + string(rune('a'+i)), Text: v, By: v, Editor: v, Edited: day})...)
	}
	h := handler(t, api.Options{Backend: f})
	for _, target := range []string{"/?from=2026-11-10&to=2026-11-22", "/mentions?q=brand:brillux", "/trends?from=2026-11-10&to=2026-11-22&q=brand:brillux"} {
		res, body := get(h, target)
		if res.StatusCode != http.StatusOK || !strings.Contains(body, "The campaign begins") || !strings.Contains(body, "Pin it") {
			t.Errorf("%s: %d, the note is not there", target, res.StatusCode)
		}
		if got := strings.Contains(body, "Of another brand"); got != !strings.Contains(target, "brillux") {
			t.Errorf("%s shows the note of another brand: %v", target, got)
		}
		if !strings.HasPrefix(target, "/trends") && strings.Count(body, `href="#note-na"`) < 2 {
			t.Errorf("%s: the charts have no mark", target)
		}
		if faults := faultsOf(t, body); len(faults) > 0 {
			t.Errorf("%s: %v", target, faults)
		}
		sep := "?"
		if strings.Contains(target, "?") {
			sep = "&"
		}
		if strings.Contains(body, "Take it away") || !strings.Contains(body, `#note-na">change</a>`) {
			t.Errorf("%s: no way to change a note, or its form is there already", target)
		}
		if _, body := get(h, target+sep+"note=na"); strings.Count(body, "Take it away") != 1 || strings.Contains(body, `name="note"`) {
			t.Errorf("%s: the form of one note is not shown", target)
		}
	}
}

func TestNotesAreOfTheirAuthors(t *testing.T) {
	for who, want := range map[string]struct{ add, edit, drop int }{
		"root": {303, 303, 303}, "ann": {303, 403, 403}, "vic": {403, 403, 403},
	} {
		f := newFake(1)
		f.notes = notes(mention.TimeNote{ID: "n0", Text: "Of bea", By: "bea"})
		h := cheap(t, api.Options{Backend: f, People: team()})
		cookie := signIn(t, h, who)
		send := func(target string, values url.Values) (*http.Response, string) {
			r := form(target, values)
			r.AddCookie(cookie)
			return answer(h, r)
		}
		mine := url.Values{"from": {"2026-11-03"}, "to": {"2026-11-04"}, "q": {"brand:brillux"}, "text": {"Mine"}, "back": {"/trends"}}
		if res, body := send("/notes", mine); res.StatusCode != want.add {
			t.Errorf("%s adds: %d, want %d\n%s", who, res.StatusCode, want.add, body)
		}
		if want.add == 303 {
			n := f.notes[1]
			if n.By != who || n.To.Sub(n.From).Hours() != 48 || n.Query != "brand:brillux" {
				t.Errorf("%s: %+v", who, n)
			}
			mine.Set("id", n.ID)
			mine.Set("text", "Mine, changed")
			if res, _ := send("/notes", mine); res.StatusCode != http.StatusSeeOther || f.notes[1].Text != "Mine, changed" || f.notes[1].Editor != who {
				t.Errorf("%s changes their own: %d %+v", who, res.StatusCode, f.notes[1])
			}
		}
		mine.Set("id", "n0")
		if res, _ := send("/notes", mine); res.StatusCode != want.edit {
			t.Errorf("%s changes another's: %d, want %d", who, res.StatusCode, want.edit)
		}
		if res, _ := send("/notes/n0/delete", url.Values{"back": {"/"}}); res.StatusCode != want.drop {
			t.Errorf("%s deletes another's: %d, want %d", who, res.StatusCode, want.drop)
		}
	}
}

func TestBadNotesAreRefused(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(1)})
	for name, tt := range map[string]struct {
		values url.Values
		want   int
	}{
		"no time":    {url.Values{"text": {"x"}}, 422},
		"backwards":  {url.Values{"from": {"2026-11-04"}, "to": {"2026-11-03"}, "text": {"x"}}, 422},
		"no text":    {url.Values{"from": {"2026-11-04"}, "text": {"  "}}, 422},
		"a long one": {url.Values{"from": {"2026-11-04"}, "text": {strings.Repeat("x", 2001)}}, 422},
		"a century":  {url.Values{"from": {"1990"}, "to": {"2080"}, "text": {"x"}}, 422},
		"bad query":  {url.Values{"from": {"2026-11-04"}, "text": {"x"}, "q": {"brand:("}}, 400},
		"not there":  {url.Values{"from": {"2026-11-04"}, "text": {"x"}, "id": {"nix"}}, 404},
	} {
		if res, _ := postForm(h, "/notes", tt.values); res.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, tt.want)
		}
	}
}

// TestAPartSeesItsNotes: those within it and its own; what it pins is about it.
func TestAPartSeesItsNotes(t *testing.T) {
	f, people := newFake(1), newCrowd(mention.User{Name: "ag", Role: "analyst", Scope: "source:wire", Password: passHash})
	f.notes = notes(mention.TimeNote{ID: "n0", Text: "All"}, mention.TimeNote{ID: "n1", Text: "Wire", Query: "brand:x AND source:wire"}, mention.TimeNote{ID: "n2", Text: "Own", By: "ag"}, mention.TimeNote{ID: "n3", Text: "Or", Query: "source:wire OR brand:x"})
	h := cheap(t, api.Options{Backend: f, People: people})
	cookie := signIn(t, h, "ag")
	send := func(r *http.Request) (*http.Response, string) {
		r.AddCookie(cookie)
		return answer(h, r)
	}
	_, body := send(request("GET", "/api/v1/notes", ""))
	var got struct{ Rows []mention.TimeNote }
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Rows) != 2 || got.Rows[0].ID != "n1" || got.Rows[1].ID != "n2" {
		t.Errorf("%v %s", err, body)
	}
	for _, id := range []string{"n0", "n1", "n3"} {
		if res, body := send(request("DELETE", "/api/v1/notes/"+id, "")); res.StatusCode < 400 {
			t.Errorf("%s was deleted: %d %s", id, res.StatusCode, body)
		}
	}
	if res, body := send(request("POST", "/api/v1/notes", `{"from":"2026-11-03T00:00:00Z","to":"2026-11-04T00:00:00Z","query":"brand:x","text":"Ours"}`)); res.StatusCode != http.StatusCreated || !strings.Contains(body, "source:wire") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if res, body := send(request("PUT", "/api/v1/notes/n4", `{"from":"2026-11-03T00:00:00Z","to":"2026-11-04T00:00:00Z","query":"`+strings.ReplaceAll(f.notes[4].Query, `"`, `\"`)+`","text":"Ours"}`)); res.StatusCode != http.StatusOK || strings.Count(body, "source:wire") != 1 {
		t.Errorf("changed: %d %s", res.StatusCode, body)
	}
}
