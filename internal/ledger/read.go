package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"earshot/mention"
)

// mentionColumns are what a mention is made of; m in mentions, r in revisions.
type mentionColumns struct {
	id                                   string
	revision, published, seen, collected int64
	author, capture, title, text         string
	sources, meta                        sql.RawBytes
	into                                 []any
}

// dest is where the columns id to meta of selectEntries go.
func (c *mentionColumns) dest() []any {
	if c.into == nil {
		c.into = []any{&c.id, &c.revision, &c.published, &c.seen, &c.sources, &c.collected, &c.author, &c.capture, &c.title, &c.text, &c.meta}
	}
	return c.into
}

// mention makes the mention out of the columns. One without meta was erased.
func (c *mentionColumns) mention(m *mention.Mention) error {
	if len(c.meta) > 0 {
		if err := decodeMeta(c.meta, m); err != nil {
			return fmt.Errorf("mention %s: %w", c.id, err)
		}
		m.Sources = parseList(c.sources)
	}
	m.ID, m.Revision, m.Published, m.Seen, m.Collected = c.id, int(c.revision), at(c.published), at(c.seen), at(c.collected)
	m.Author, m.Capture, m.Title, m.Text = c.author, c.capture, c.title, c.text
	if len(m.Sources) > 0 {
		m.Source = m.Sources[0]
	}
	if m.Source == "" {
		m.Sources = slices.DeleteFunc(m.Sources, func(s string) bool { return s == "" })
	}
	return nil
}

// recordColumns are what a record is made of; u in understood.
const recordColumns = `m.id, u.revision, m.published, m.seen, m.sources, r.collected, r.author, r.capture, r.title, r.text, r.meta,
	u.analysis, u.linking, u.story, m.curation,
	EXISTS (SELECT 1 FROM holds) AND EXISTS (SELECT 1 FROM holds WHERE object IN ('mention:' || m.id, 'author:' || r.author, 'capture:' || r.capture))`

type recordScan struct {
	mentionColumns
	analysis, linking, curation sql.RawBytes
	story                       string
	hold                        bool
	all                         []any
}

// dest is where first, and then recordColumns go.
func (c *recordScan) dest(first ...any) []any {
	if c.all == nil {
		c.all = append(first, c.mentionColumns.dest()...)
		c.all = append(c.all, &c.analysis, &c.linking, &c.story, &c.curation, &c.hold)
	}
	return c.all
}

func (c *recordScan) record(rec *mention.Record) error {
	if err := c.mention(&rec.Mention); err != nil {
		return err
	}
	rec.Story, rec.Hold = c.story, c.hold
	if err := c.parts(rec); err != nil {
		return fmt.Errorf("mention %s: %w", c.id, err)
	}
	return nil
}

func (c *recordScan) parts(rec *mention.Record) error {
	if err := decodeAnalysis(c.analysis, &rec.Analysis); err != nil {
		return err
	}
	if err := decodeLinking(c.linking, &rec.Linking); err != nil {
		return err
	}
	if len(c.curation) == 0 {
		return nil
	}
	return json.Unmarshal(c.curation, &rec.Curation)
}

// What is erased has nothing left to join.
var (
	changeSelect = "SELECT c.seq, c.kind, c.at, c.num, m.id, m.erased, " + outer(recordColumns)
	changeJoin   = "CROSS JOIN mentions m ON m.num = c.num LEFT JOIN understood u ON u.num = c.num LEFT JOIN revisions r ON r.seq = u.seq"
)

// A changeScan reads rows of changeSelect.
type changeScan struct {
	record      recordScan
	seq, millis int64
	number      int64
	kind, id    string
	erased      bool
	dest        []any
}

func newChangeScan() *changeScan {
	c := &changeScan{}
	c.dest = c.record.dest(&c.seq, &c.kind, &c.millis, &c.number, &c.id, &c.erased)
	return c
}

func (c *changeScan) add(rows *sql.Rows, list *[]mention.Change) error {
	if err := rows.Scan(c.dest...); err != nil {
		return err
	}
	*list = append(*list, mention.Change{Seq: c.seq, Kind: c.kind, At: at(c.millis)})
	change := &(*list)[len(*list)-1]
	if c.number <= math.MaxUint32 {
		change.Number = uint32(c.number)
	}
	if c.erased {
		change.Kind, change.Record.Mention.ID = mention.ChangeErased, c.id
		return nil
	}
	return c.record.record(&change.Record)
}

// Changes implements [Reading].
func (l *store) Changes(ctx context.Context, after int64, limit int) ([]mention.Change, error) {
	list := make([]mention.Change, 0, min(limit, 1000))
	c := newChangeScan()
	err := l.r.each(ctx, changeSelect+" FROM changes c "+changeJoin+" WHERE c.seq > ? ORDER BY c.seq LIMIT ?",
		func(rows *sql.Rows) error { return c.add(rows, &list) }, after, limit)
	return list, reading("changes", err)
}

// outer makes columns fit for an outer join, whose absent row is empty.
func outer(columns string) string {
	for _, name := range []string{"u.revision", "r.collected"} {
		columns = strings.Replace(columns, name, "COALESCE("+name+", 0)", 1)
	}
	for _, name := range []string{"r.author", "r.capture", "r.title", "r.text", "r.meta", "u.analysis", "u.linking", "u.story"} {
		columns = strings.Replace(columns, name, "COALESCE("+name+", '')", 1)
	}
	return columns
}

// LastSeq implements [Reading].
func (l *store) LastSeq(ctx context.Context) (mentions, analyzed int64, err error) {
	err = l.r.row(ctx, "SELECT (SELECT COALESCE(MAX(seq), 0) FROM revisions), (SELECT COALESCE(MAX(seq), 0) FROM changes)", nil, &mentions, &analyzed)
	return mentions, analyzed, reading("last sequence", err)
}

// Records implements [Reading].
func (l *store) Records(ctx context.Context, ids []string) ([]mention.Record, error) {
	refs := make([]mention.Ref, len(ids))
	for i, id := range ids {
		refs[i].ID = id
	}
	return l.RecordsAt(ctx, refs)
}

// Records are joined without an order of their own: sorting would copy every
// text.
const (
	recordsByNumber = `SELECT j.key, ` + recordColumns + ` FROM json_each(?) j CROSS JOIN mentions m ON m.num = j.value
		CROSS JOIN understood u ON u.num = m.num CROSS JOIN revisions r ON r.seq = u.seq WHERE m.erased = 0`
	recordsByID = `SELECT j.key, ` + recordColumns + ` FROM json_each(?) j CROSS JOIN mentions m ON m.id = j.value
		CROSS JOIN understood u ON u.num = m.num CROSS JOIN revisions r ON r.seq = u.seq WHERE m.erased = 0`
)

// RecordsAt implements [Reading].
func (l *store) RecordsAt(ctx context.Context, refs []mention.Ref) ([]mention.Record, error) {
	list := make([]mention.Record, len(refs))
	var places []int // in refs, in the order of the file
	for i := range refs {
		if refs[i].Number > 0 {
			places = append(places, i)
		}
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(refs[a].Number, refs[b].Number) })
	numbers := make([]uint32, len(places))
	for k, i := range places {
		numbers[k] = refs[i].Number
	}
	if err := fill(ctx, l.r, recordsByNumber, numbers, refs, places, list); err != nil {
		return nil, err
	}
	places = places[:0]
	var ids []string
	for i := range refs {
		if list[i].Mention.ID == "" {
			places, ids = append(places, i), append(ids, refs[i].ID)
		}
	}
	if err := fill(ctx, l.r, recordsByID, ids, refs, places, list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(r mention.Record) bool { return r.Mention.ID == "" }), nil
}

// fill reads records by keys, and puts those of the right id into their places
// in a list.
func fill[K uint32 | string](ctx context.Context, r *reader, query string, keys []K, refs []mention.Ref, places []int, list []mention.Record) error {
	if len(keys) == 0 {
		return nil
	}
	data, err := json.Marshal(keys)
	if err != nil {
		return fmt.Errorf("ledger: records: %w", err)
	}
	var c recordScan
	var at int
	err = r.each(ctx, query, func(rows *sql.Rows) error {
		if err := rows.Scan(c.dest(&at)...); err != nil {
			return err
		}
		if at = places[at]; c.id != refs[at].ID {
			return nil
		}
		return c.record(&list[at])
	}, string(data))
	return reading("records", err)
}

// eachPage is how many records EachRecord reads at a time: the read ends
// before they are handed out, so that a slow caller holds nothing up.
const eachPage = 500

// EachRecord implements [Reading].
func (l *store) EachRecord(ctx context.Context, after string, fn func(mention.Record) error) error {
	for {
		page := make([]mention.Record, 0, eachPage)
		var c recordScan
		err := l.r.each(ctx, `SELECT `+recordColumns+` FROM mentions m CROSS JOIN understood u ON u.num = m.num CROSS JOIN revisions r ON r.seq = u.seq
			WHERE m.id > ? AND m.erased = 0 ORDER BY m.id LIMIT ?`, func(rows *sql.Rows) error {
			if err := rows.Scan(c.dest()...); err != nil {
				return err
			}
			page = append(page, mention.Record{})
			return c.record(&page[len(page)-1])
		}, after, eachPage)
		if err != nil {
			return reading("each record", err)
		}
		for i := range page {
			if err := fn(page[i]); err != nil {
				return err
			}
		}
		if len(page) < eachPage {
			return nil
		}
		after = page[len(page)-1].Mention.ID
	}
}

// Counts implements [Reading].
func (l *store) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := l.r.row(ctx, `SELECT
		(SELECT n FROM counters WHERE name = 'mentions'),
		(SELECT n FROM counters WHERE name = 'revisions'),
		(SELECT n FROM counters WHERE name = 'analyzed'),
		(SELECT COUNT(*) FROM deliveries),
		(SELECT COUNT(*) FROM deliveries WHERE state = 'dead'),
		(SELECT COALESCE(MAX(seq), 0) FROM revisions),
		(SELECT COALESCE(MAX(seq), 0) FROM changes)`, nil,
		&c.Mentions, &c.Revisions, &c.Analyzed, &c.Deliveries, &c.DeadLetters, &c.MentionSeq, &c.AnalyzedSeq)
	return c, reading("counts", err)
}
