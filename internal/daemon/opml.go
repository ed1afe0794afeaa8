package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/api"
	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// maxAdded is how many sources are added in one go.
const maxAdded = 5000

// ReadOPML tells what importing a list of feeds into cfg would add, and gives
// those sources.
func ReadOPML(cfg *config.Config, data []byte) (mention.SourceImport, []mention.Source, error) {
	var plan mention.SourceImport
	outlines, err := crawler.ParseOPML(data)
	if err != nil {
		return plan, nil, err
	}
	var fresh []mention.Source
	list := NewSourceList(cfg)
	for _, o := range outlines {
		f := mention.ImportedFeed{Line: o.Line, Title: o.Title, URL: o.URL, Folder: o.Folder}
		src := mention.Source{ID: "new", Kind: mention.SourceFeed, URL: o.URL}
		if known := list.At(o.URL); o.Same > 0 {
			f.State, f.Why = mention.ImportTwice, fmt.Sprintf("it stands in line %d already", o.Same)
			plan.Twice++
		} else if faults := crawler.Faults(&src); len(faults) > 0 {
			f.State, f.Why = mention.ImportFault, faults[0].Error()
			plan.Faults++
		} else if known != "" {
			f.State, f.ID, f.Why = mention.ImportKnown, known, "the source "+known+" reads it already"
			plan.Known++
		} else {
			src.ID = list.NewID(o.Title, o.URL)
			f.State, f.ID = mention.ImportNew, src.ID
			plan.New++
			fresh = append(fresh, src)
			list.Add(&src)
		}
		plan.Feeds = append(plan.Feeds, f)
	}
	return plan, fresh, nil
}

// WriteOPML writes the feeds of a configuration as a list that other readers
// take.
func WriteOPML(w io.Writer, cfg *config.Config, made time.Time) error {
	var list []crawler.Outline
	for i := range cfg.Sources {
		if s := &cfg.Sources[i]; s.Kind == mention.SourceFeed {
			list = append(list, crawler.Outline{Title: s.ID, URL: s.URL})
		}
	}
	return crawler.WriteOPML(w, "earshot", made, list)
}

// ReadSources implements api.Configuring.
func (b backend) ReadSources(_ context.Context, opml []byte) (mention.SourceImport, []mention.Source, error) {
	plan, fresh, err := ReadOPML(b.cfg.Load(), opml)
	if err != nil {
		return plan, nil, &api.InvalidError{Faults: []string{strings.TrimPrefix(err.Error(), "crawler: ")}}
	}
	return plan, fresh, nil
}

// WriteSources implements api.Configuring.
func (b backend) WriteSources(context.Context) ([]byte, error) {
	var out bytes.Buffer
	err := WriteOPML(&out, b.cfg.Load(), now())
	return out.Bytes(), err
}

// AddSources implements api.Configuring: all of them, or none.
func (b backend) AddSources(ctx context.Context, actor string, list []mention.Source) error {
	if len(list) > maxAdded {
		return &api.InvalidError{Faults: []string{fmt.Sprintf("%d sources are more than the %d that are added in one go; use earshot sources import", len(list), maxAdded)}}
	}
	cfg := b.cfg.Load()
	known, at := NewSourceList(cfg), now()
	var objects []config.Object
	var rows []ledger.Object
	var faults []string
	for i := range list {
		s := &list[i]
		if known.ids[s.ID] || known.At(s.URL) != "" {
			faults = append(faults, s.ID+": there is a source of this name or address meanwhile")
			continue
		}
		body, err := json.Marshal(s)
		if err != nil {
			return err
		}
		known.Add(s)
		objects = append(objects, config.Object{Kind: api.KindSource, ID: s.ID, Owner: actor, Body: body})
		rows = append(rows, ledger.Object{Kind: api.KindSource, ID: s.ID, Owner: actor, Body: body, Updated: at})
	}
	if len(faults) == 0 && len(list) > 0 {
		faults = config.CheckObject(cfg, objects...)
	}
	if len(faults) > 0 || len(list) == 0 {
		return &api.InvalidError{Faults: append(faults, none(list)...)}
	}
	if err := b.store.Ledger.PutObject(ctx, rows...); err != nil {
		return told(err)
	}
	if err := b.apply(ctx, nil); err != nil {
		return err
	}
	return b.audit(ctx, actor, "add.sources", "", fmt.Sprintf("%d: %s", len(rows), beginning(idsOf(list), 500)))
}

func none(list []mention.Source) []string {
	if len(list) > 0 {
		return nil
	}
	return []string{"no source is picked"}
}

func idsOf(list []mention.Source) string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return strings.Join(ids, ", ")
}
