package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"text/tabwriter"

	"codeberg.org/go-pdf/fpdf"

	"earshot/report/scene"
)

// page is a report as one file: styles stand in the elements, since mail
// programs read them nowhere else, and pictures are PNG, which all of them show.
var page = template.Must(template.New("report").Funcs(template.FuncMap{"picture": picture}).Parse(pageText))

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Subject}}</title></head>
<body style="margin:0;background:#f6f6f4;color:#1d2126;font:15px/1.5 'Liberation Sans',Arial,Helvetica,sans-serif">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="table-layout:fixed"><tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="800" cellpadding="0" cellspacing="0" style="max-width:800px;width:100%;table-layout:fixed;background:#ffffff;border:1px solid #dfe2e5"><tr><td style="padding:20px">
<h1 style="font-size:22px;line-height:1.3;margin:0">{{.Subject}}</h1><p style="margin:4px 0 12px;color:#5a626c">{{.Title}}</p>
{{range .Blocks}}{{if .Heading}}<h2 style="font-size:16px;margin:22px 0 6px;border-top:1px solid #dfe2e5;padding-top:14px">{{.Heading}}</h2>{{end}}
{{with .Chart}}<img src="{{picture .}}" width="{{.W}}" alt="{{.Title}}. {{.Desc}}" style="width:100%;max-width:760px;height:auto;display:block;border:0">{{end}}
{{range .Lines}}<p style="margin:6px 0{{if .Strong}};font-size:22px;font-weight:bold{{end}}">{{if .Link}}<a href="{{.Link}}" style="color:#1f5fa8">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{range .More}} · {{if .Link}}<a href="{{.Link}}" style="color:#1f5fa8">{{.Text}}</a>{{else}}{{.Text}}{{end}}{{end}}</p>
{{end}}{{if .Rows}}<div style="overflow-x:auto" tabindex="0" role="region" aria-label="{{or .Heading "Table"}}"><table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;font-size:14px"><thead><tr>{{range .Head}}<th scope="col" align="left" style="padding:4px 8px 4px 0;color:#5a626c;font-weight:normal;border-bottom:1px solid #dfe2e5">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr>{{range .}}<td style="padding:4px 8px 4px 0;border-bottom:1px solid #eceef0;vertical-align:top{{if .Number}};white-space:nowrap{{end}}">{{if .Link}}<a href="{{.Link}}" style="color:#1f5fa8">{{.Text}}</a>{{else}}{{.Text}}{{end}}</td>{{end}}</tr>
{{end}}</tbody></table></div>{{end}}
{{with .Note}}<p style="margin:6px 0;color:#5a626c;font-size:13px">{{.}}</p>{{end}}{{end}}
</td></tr></table></td></tr></table></body></html>
`

// picture is a scene as a picture within the file.
func picture(s *scene.Scene) (template.URL, error) {
	var b bytes.Buffer
	if err := s.PNG(&b, 2, scene.Light()); err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil //nolint:gosec // drawn by us
}

func (d *Document) html(w io.Writer) error {
	if err := page.Execute(w, d); err != nil {
		return fmt.Errorf("report: html: %w", err)
	}
	return nil
}

// text is the report for mail programs that show no HTML, and for terminals.
func (d *Document) text(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s\n", d.Subject, d.Title)
	for i := range d.Blocks {
		k := &d.Blocks[i]
		if b.WriteByte('\n'); k.Heading != "" {
			fmt.Fprintf(&b, "%s\n%s\n", strings.ToUpper(k.Heading), strings.Repeat("-", len([]rune(k.Heading))))
		}
		if k.Chart != nil {
			fmt.Fprintf(&b, "%s: %s\n", k.Chart.Title, k.Chart.Desc)
		}
		for _, l := range k.Lines {
			b.WriteString(l.Text)
			for _, e := range l.More {
				b.WriteString(" · " + e.Text)
			}
			b.WriteByte('\n')
		}
		if len(k.Rows) > 0 {
			t := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
			fmt.Fprintln(t, strings.Join(k.Head, "\t"))
			for _, row := range k.Rows {
				cells := make([]string, len(row))
				for j := range row {
					cells[j] = cutAt(strings.Join(strings.Fields(row[j].Text), " "), 60)
				}
				fmt.Fprintln(t, strings.Join(cells, "\t"))
			}
			if err := t.Flush(); err != nil {
				return fmt.Errorf("report: text: %w", err)
			}
		}
		if k.Note != "" {
			fmt.Fprintln(&b, k.Note)
		}
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("report: text: %w", err)
	}
	return nil
}

// The measures of paper, in millimetres.
const (
	paperWidth = 210.0
	margin     = 16.0
	content    = paperWidth - 2*margin
	bottom     = 279.0
)

// A sheetOfPaper is a PDF being written.
type sheetOfPaper struct {
	*fpdf.Fpdf
	p *scene.Palette
}

func (d *Document) pdf(w io.Writer) error {
	doc := &sheetOfPaper{fpdf.New("P", "mm", "A4", ""), scene.Light()}
	scene.Fonts(doc.Fpdf)
	doc.SetMargins(margin, margin, margin)
	doc.SetAutoPageBreak(true, 297-bottom)
	doc.SetTitle(scene.Plain(d.Subject), true)
	doc.SetCreationDate(d.Made)
	doc.SetModificationDate(d.Made)
	doc.SetFooterFunc(func() {
		doc.SetY(-12)
		doc.ink(scene.Soft)
		doc.SetFont(scene.Font, "", 8)
		doc.CellFormat(content, 5, fmt.Sprintf("%s · page %d", scene.Plain(cutAt(d.Title, 90)), doc.PageNo()), "", 0, "R", false, 0, "")
	})
	doc.AddPage()
	doc.write(d.Subject, "B", 17, 7.5, scene.Text, "")
	doc.write(d.Title, "", 10, 5, scene.Soft, "")
	for i := range d.Blocks {
		doc.block(&d.Blocks[i])
	}
	if err := doc.Output(w); err != nil {
		return fmt.Errorf("report: pdf: %w", err)
	}
	return nil
}

func (s *sheetOfPaper) ink(i scene.Ink) {
	r, g, b := s.p.RGB(i)
	s.SetTextColor(int(r), int(g), int(b))
}

// write sets a paragraph; with a link it is one.
func (s *sheetOfPaper) write(text, style string, size, height float64, ink scene.Ink, link string) {
	s.SetFont(scene.Font, style, size)
	s.ink(ink)
	s.SetX(margin)
	top, first := s.GetY(), s.PageNo()
	s.MultiCell(content, height, scene.Plain(text), "", "L", false)
	if link != "" && s.PageNo() == first {
		s.LinkString(margin, top, content, s.GetY()-top, link)
	}
	s.SetY(s.GetY() + 1)
}

// room begins a new page when less than height is left.
func (s *sheetOfPaper) room(height float64) {
	if s.GetY()+height > bottom {
		s.AddPage()
	}
}

func (s *sheetOfPaper) block(b *Block) {
	need := 22.0
	if b.Chart != nil {
		need += b.Chart.H * content / b.Chart.W
	}
	s.room(need)
	s.SetY(s.GetY() + 5)
	if b.Heading != "" {
		s.write(b.Heading, "B", 12, 6, scene.Text, "")
	}
	if b.Chart != nil {
		top := s.GetY()
		s.SetY(top + b.Chart.PDF(s.Fpdf, margin, top, content, s.p) + 3)
	}
	for _, l := range b.Lines {
		ink := scene.Text
		if l.Link != "" {
			ink = scene.Accent
		}
		style, size := "", 9.5
		if l.Strong {
			style, size = "B", 14
		}
		s.write(l.Text, style, size, size*.48, ink, l.Link)
	}
	s.table(b)
	if b.Note != "" {
		s.write(b.Note, "", 8, 4, scene.Soft, "")
	}
}

// table sets rows with columns as wide as their longest words ask, the first
// text column taking what is left.
func (s *sheetOfPaper) table(b *Block) {
	if len(b.Rows) == 0 {
		return
	}
	widths := s.widths(b)
	cells := make([]Entry, len(b.Head))
	for i, h := range b.Head {
		cells[i] = Entry{Text: h}
	}
	s.row(cells, widths, scene.Soft)
	for _, row := range b.Rows {
		s.row(row, widths, scene.Text)
	}
	s.SetY(s.GetY() + 1.5)
}

func (s *sheetOfPaper) widths(b *Block) []float64 {
	s.SetFont(scene.Font, "", 8.5)
	widths, sum, widest := make([]float64, len(b.Head)), 0.0, 0
	for i, h := range b.Head {
		widths[i] = s.GetStringWidth(scene.Plain(h)) + 5
		for _, row := range b.Rows {
			if i < len(row) {
				widths[i] = max(widths[i], min(s.GetStringWidth(scene.Plain(row[i].Text))+5, 90))
			}
		}
		if sum += widths[i]; widths[i] > widths[widest] {
			widest = i
		}
	}
	if sum > content { // the widest gives way first, then all
		widths[widest] = max(30, widths[widest]-(sum-content))
		sum = 0
		for _, w := range widths {
			sum += w
		}
	}
	for i := range widths {
		widths[i] *= content / max(sum, content)
	}
	return widths
}

func (s *sheetOfPaper) row(cells []Entry, widths []float64, ink scene.Ink) {
	const height = 4.2
	s.SetFont(scene.Font, "", 8.5)
	lines, most := make([][]string, len(cells)), 1
	for i := range cells {
		if i < len(widths) {
			lines[i] = s.SplitText(scene.Plain(cells[i].Text), widths[i]-2)
			lines[i] = lines[i][:min(len(lines[i]), 6)]
			most = max(most, len(lines[i]))
		}
	}
	s.room(float64(most)*height + 2)
	top, x := s.GetY(), margin
	for i := range cells {
		if i >= len(widths) {
			break
		}
		use := ink
		if cells[i].Link != "" {
			use = scene.Accent
		}
		s.ink(use)
		for j, line := range lines[i] {
			s.SetXY(x, top+float64(j)*height+.8)
			s.CellFormat(widths[i], height, line, "", 0, "L", false, 0, cells[i].Link)
		}
		x += widths[i]
	}
	end := top + float64(most)*height + 1.6
	r, g, bl := s.p.RGB(scene.Grid)
	s.SetDrawColor(int(r), int(g), int(bl))
	s.SetLineWidth(.2)
	s.SetDashPattern(nil, 0)
	s.Line(margin, end, margin+content, end)
	s.SetY(end)
}
