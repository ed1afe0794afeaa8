package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A piece is a part of a mail that has no parts of its own.
type piece struct {
	kind, name, id string
	data           []byte
}

// pieces takes a mail apart.
func pieces(t *testing.T, contentType, encoding, disposition, id string, body io.Reader) []piece {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.EqualFold(encoding, "base64") {
			if data, err = base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(string(data))); err != nil {
				t.Fatal(err)
			}
		}
		_, d, _ := mime.ParseMediaType(disposition)
		return []piece{{kind, d["filename"], strings.Trim(id, "<>"), data}}
	}
	var list []piece
	for r := multipart.NewReader(body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, pieces(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p.Header.Get("Content-Id"), p)...)
	}
}

// paper renders a PDF and checks that every page has something on it.
func paper(t *testing.T, dir, file string) {
	t.Helper()
	out := filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), ".pdf"))
	if text, err := exec.Command("pdftoppm", "-png", "-r", "50", file, out).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v %s", file, err, text)
	}
	pages, err := filepath.Glob(out + "*.png")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%s: no pages, %v", file, err)
	}
	for _, name := range pages {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		dark := 0
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if r, g, b, _ := img.At(x, y).RGBA(); r+g+b < 0x18000 {
					dark++
				}
			}
		}
		if dark < 30 {
			t.Errorf("%s is empty: %d dark points", name, dark)
		}
	}
}

// TestReportArrivesByMail has a planned report made and sent to a real mail
// server: the mail shows its charts, the PDF can be printed, the workbook opens.
func TestReportArrivesByMail(t *testing.T) {
	dir, box := t.TempDir(), t.TempDir()
	cert, key := certificate(t, dir)
	port := mailServer(t, box, cert, key)
	base := mailing(t, dir, port, cert, `
brands: [{id: acme, name: Acme, role: own}, {id: vantor, name: Vantor}]
boards: [{id: desk, name: The desk, parts: [{chart: stacked}, {breakdown: brand}, {breakdown: site, chart: table}]}]
reports:
  - {id: week, kind: weekly, schedule: "mon 07:00", period: 14d, receivers: [desk]}
  - {id: board, kind: board, board: desk, schedule: "daily 07:00", period: 14d, receivers: [desk]}
rules: [{id: trouble, match: "acme AND outage", severity: crisis}]
`)
	var list []string
	for i := range 40 {
		at := time.Now().UTC().Add(-time.Duration(i*7+25) * time.Hour).Format(time.RFC3339)
		list = append(list, fmt.Sprintf(`{"url":"https://news.example/%d","title":"Acme recalls lot %d after a terrible <script>alert(1)</script> leak","text":"Vantor gains.","published":%q}`, i, i, at))
	}
	post := func(path, body string) {
		t.Helper()
		resp, err := http.Post(base+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if answer, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
			t.Fatalf("%s: %s %s", path, resp.Status, answer)
		}
	}
	post("/api/v1/mentions", `{"mentions":[`+strings.Join(list, ",")+`]}`)
	within(t, 30*time.Second, "all are found", func() error {
		var body struct{ Count int }
		if get(t, base+"/api/v1/count?q=acme", &body); body.Count != 40 {
			return fmt.Errorf("%d are", body.Count)
		}
		return nil
	})
	for _, plan := range []string{"week", "board"} {
		post("/api/v1/plans/"+plan+"/send", "")
		mailed(t, dir, box, plan)
	}
	post("/api/v1/mentions", fmt.Sprintf(`{"mentions":[{"url":"https://news.example/now","title":"Acme has an outage","text":"Nothing works.","published":%q}]}`, time.Now().UTC().Format(time.RFC3339)))
	var found struct{ Rows []struct{ ID string } }
	within(t, 30*time.Second, "the rule fires", func() error {
		if get(t, base+"/api/v1/incidents", &found); len(found.Rows) == 0 {
			return errors.New("it does not")
		}
		return nil
	})
	post("/api/v1/incidents/"+found.Rows[0].ID+"/mail", `{"to":["desk@acme.example"]}`)
	mailed(t, dir, box, "incident")
}

// mailed waits for the mail of a report and looks at all of it.
func mailed(t *testing.T, dir, box, plan string) {
	t.Helper()
	var raw []byte
	within(t, 60*time.Second, "the mail of "+plan+" is in the box", func() error {
		files, err := os.ReadDir(box)
		if err != nil || len(files) == 0 {
			return errors.Join(fmt.Errorf("%d mails", len(files)), err)
		}
		if raw, err = os.ReadFile(filepath.Join(box, files[0].Name())); err != nil {
			return err
		}
		return os.Remove(filepath.Join(box, files[0].Name()))
	})
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if s := msg.Header.Get("Subject"); s == "" || msg.Header.Get("Message-Id") == "" || msg.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("%s: headers %v", plan, msg.Header)
	}
	byKind := map[string][]piece{}
	for _, p := range pieces(t, msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), "", "", msg.Body) {
		byKind[p.kind] = append(byKind[p.kind], p)
	}
	html := byKind["text/html"]
	if len(html) != 1 || len(byKind["text/plain"]) != 1 || len(byKind["image/png"]) == 0 {
		t.Fatalf("%s: parts %v", plan, keysOf(byKind))
	}
	for _, p := range byKind["image/png"] {
		if !bytes.HasPrefix(p.data, []byte("\x89PNG")) || !bytes.Contains(html[0].data, []byte(`src="cid:`+p.id+`"`)) {
			t.Errorf("%s: picture %q is none", plan, p.name)
		}
	}
	pdf := byKind["application/pdf"]
	book := byKind["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]
	if len(pdf) != 1 || len(book) != 1 {
		t.Fatalf("%s: parts %v", plan, keysOf(byKind))
	}
	for name, p := range map[string]piece{plan + ".pdf": pdf[0], plan + ".xlsx": book[0]} {
		if err := os.WriteFile(filepath.Join(dir, name), p.data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	paper(t, dir, filepath.Join(dir, plan+".pdf"))
	// A crisis sheet has no key figures, but sheets all the same.
	if sheets := converted(t, dir, plan+".xlsx", ""); len(sheets) == 0 || plan != "incident" && len(sheets["Figures"]) < 2 {
		t.Errorf("%s: the workbook has %d figures", plan, len(sheets["Figures"]))
	}
}

func keysOf(m map[string][]piece) []string {
	var list []string
	for k, v := range m {
		list = append(list, fmt.Sprintf("%s %d", k, len(v)))
	}
	return list
}

// keepReport makes a report that is kept and gives its id.
func keepReport(t *testing.T, base string) string {
	t.Helper()
	resp, err := http.Post(base+"/api/v1/archive", "application/json", strings.NewReader(`{"kind":"weekly"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var kept struct{ ID string }
	if err := json.NewDecoder(resp.Body).Decode(&kept); err != nil || kept.ID == "" {
		t.Fatalf("keep: %s, %v", resp.Status, err)
	}
	return kept.ID
}
