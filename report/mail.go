package report

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"

	"earshot/report/scene"
)

// A Letter is a report as a mail: charts are pictures that travel with it.
type Letter struct {
	Subject  string
	Text     string
	HTML     string
	Pictures []Picture
}

// A Picture is shown where the HTML names cid: and its Name.
type Picture struct {
	Name string
	PNG  []byte
}

// Letter writes the report as a mail.
func (d *Document) Letter() (*Letter, error) {
	l := &Letter{Subject: d.Subject}
	attach := func(s *scene.Scene) (template.URL, error) {
		var b bytes.Buffer
		if err := s.PNG(&b, 2, scene.Light()); err != nil {
			return "", err
		}
		name := "chart" + strconv.Itoa(len(l.Pictures)+1) + ".png"
		l.Pictures = append(l.Pictures, Picture{Name: name, PNG: b.Bytes()})
		return template.URL("cid:" + name), nil //nolint:gosec // a name of ours
	}
	t, err := template.New("letter").Funcs(template.FuncMap{"picture": attach}).Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("report: letter: %w", err)
	}
	var html, text bytes.Buffer
	if err := t.Execute(&html, d); err != nil {
		return nil, fmt.Errorf("report: letter: %w", err)
	}
	if err := d.text(&text); err != nil {
		return nil, err
	}
	l.HTML, l.Text = html.String(), text.String()
	return l, nil
}
