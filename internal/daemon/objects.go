package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// merge lays the objects made through the API under the files: on equal ids
// the files win. An object that no longer fits is left out and told.
func (d *Daemon) merge(ctx context.Context, files *config.Config) (*config.Config, error) {
	objects, err := d.store.Configured(ctx)
	if err != nil {
		return nil, fmt.Errorf("daemon: objects: %w", err)
	}
	list := make([]config.Object, len(objects))
	for i, o := range objects {
		list[i] = config.Object{Kind: o.Kind, ID: o.ID, Owner: o.Owner, Body: o.Body}
	}
	merged, left := config.Merge(files, list)
	for _, fault := range left {
		d.log.Warn("object left out", "err", fault)
	}
	d.fault("objects", errors.Join(left...))
	return merged, nil
}

// apply puts a configuration in force; nil takes the files as they were read
// last. Everything that can fail is made first, then all is swapped. What
// listens, where data is, the zone and the privacy stay as they were at the
// start, and it is told when the file says otherwise.
func (d *Daemon) apply(ctx context.Context, files *config.Config) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if files == nil {
		files = d.files.Load()
	}
	old := d.cfg.Load()
	d.fault("restart", files.KeepFixed(old))
	cfg, err := d.merge(ctx, files)
	if err != nil {
		return err
	}
	l := d.understand.linker.Load()
	if cfg.LinkVersion() != l.version || cfg.Safety != old.Safety {
		if l, err = newLinker(cfg, now()); err != nil {
			return err
		}
	}
	f := d.fetch.Load() // its hosts remember their manners
	if !reflect.DeepEqual(cfg.Fetch, old.Fetch) {
		if f, err = newFetcher(ctx, cfg, d.intake, now, d.log); err != nil {
			return err
		}
	}
	f = f.with(cfg.Brands)
	_, receivers := cfg.Alerting()
	outlets, broken := outletsOf(receivers, f.egress, picture, d.log)
	if err := d.alerting.reload(ctx, cfg); err != nil {
		return err
	}
	d.fault("receivers", broken)
	d.dispatch.set(outlets)
	d.understand.linker.Store(l)
	if was := d.fetch.Swap(f); was.egress != f.egress {
		was.egress.CloseIdle()
	}
	d.files.Store(files)
	d.cfg.Store(cfg)
	d.hub.Edited()
	select {
	case d.relinkAgain <- struct{}{}:
	default:
	}
	if err := d.forgetPlans(ctx, old, cfg); err != nil {
		return err
	}
	if err := d.planReports(ctx, cfg); err != nil {
		return err
	}
	if err := d.plan(ctx, cfg.Sources); err != nil || reflect.DeepEqual(cfg.Brands, old.Brands) {
		return err
	}
	return d.askAgain(ctx, cfg.Sources)
}

// askAgain has the sources that are searched for brands ask at once: a brand
// that is new begins to be read from its past on.
func (d *Daemon) askAgain(ctx context.Context, sources []mention.Source) error {
	for i := range sources {
		s := &sources[i]
		if s.Paused || s.Query.From != mention.FromBrands {
			continue
		}
		if err := d.jobs.FetchAt(ctx, s.ID, now()); err != nil {
			return fmt.Errorf("daemon: source %s: %w", s.ID, err)
		}
	}
	return nil
}

// owners tells who made the objects of a kind that are in force: the file, or
// somebody through the API.
func (d *Daemon) owners(ctx context.Context, kind string) (func(id string) string, error) {
	objects, err := d.store.Ledger.Objects(ctx, kind)
	if err != nil {
		return nil, told(err)
	}
	made, files := map[string]string{}, config.IDs(d.files.Load(), kind)
	for _, o := range objects {
		if !files[o.ID] {
			made[o.ID] = o.Owner
		}
	}
	return func(id string) string {
		if who, ok := made[id]; ok {
			return who
		}
		return api.OwnerFile
	}, nil
}

// PutObject implements api.Configuring.
func (b backend) PutObject(ctx context.Context, o api.Object) error {
	if config.Has(b.files.Load(), o.Kind, o.ID) {
		return fmt.Errorf("%s %s: %w", o.Kind, o.ID, api.ErrReadOnly)
	}
	if faults := config.CheckObject(b.cfg.Load(), config.Object{Kind: o.Kind, ID: o.ID, Owner: o.Owner, Body: o.Body}); len(faults) > 0 {
		return &api.InvalidError{Faults: faults}
	}
	if o.Kind == api.KindReceiver {
		if err := b.checkReceiver(o); err != nil {
			return &api.InvalidError{Faults: []string{err.Error()}}
		}
	}
	err := b.store.Ledger.PutObject(ctx, ledger.Object{Kind: o.Kind, ID: o.ID, Owner: o.Owner, Body: o.Body, Updated: now()})
	if err != nil {
		return told(err)
	}
	if err := b.apply(ctx, nil); err != nil {
		return err
	}
	return b.audit(ctx, o.Owner, "put."+o.Kind, o.ID, string(o.Body))
}

// checkReceiver tries to make a receiver, so that one whose files cannot be
// read is refused and not stored.
func (b backend) checkReceiver(o api.Object) error {
	var r alerts.Receiver
	if err := json.Unmarshal(o.Body, &r); err != nil {
		return err
	}
	r.ID = o.ID
	if !r.TakesNotices() {
		_, err := alerts.NewHeartbeat(r, b.fetch.Load().egress, b.log)
		return err
	}
	_, err := alerts.New(r, b.fetch.Load().egress, nil, b.log)
	return err
}

// DeleteObject implements api.Configuring.
func (b backend) DeleteObject(ctx context.Context, kind, id, actor string) error {
	if config.Has(b.files.Load(), kind, id) {
		return fmt.Errorf("%s %s: %w", kind, id, api.ErrReadOnly)
	}
	if user := config.UserOf(b.cfg.Load(), kind, id); user != "" {
		return fmt.Errorf("%w: %s needs it", api.ErrConflict, user)
	}
	if err := b.store.Ledger.DeleteObject(ctx, kind, id); err != nil {
		return told(err)
	}
	if err := b.apply(ctx, nil); err != nil {
		return err
	}
	return b.audit(ctx, actor, "delete."+kind, id, "")
}

// Brands implements api.Configuring.
func (b backend) Brands(ctx context.Context) ([]api.BrandInfo, error) {
	owner, err := b.owners(ctx, api.KindBrand)
	if err != nil {
		return nil, err
	}
	var out []api.BrandInfo
	for _, x := range b.cfg.Load().Brands {
		out = append(out, api.BrandInfo{Brand: x, Owner: owner(x.ID)})
	}
	return out, nil
}

// Labels implements api.Configuring.
func (b backend) Labels(ctx context.Context) ([]api.LabelInfo, error) {
	owner, err := b.owners(ctx, api.KindLabel)
	if err != nil {
		return nil, err
	}
	var out []api.LabelInfo
	for _, x := range b.cfg.Load().Labels {
		out = append(out, api.LabelInfo{Label: x, Owner: owner(x.ID)})
	}
	return out, nil
}

// Sources implements api.Configuring.
func (b backend) Sources(ctx context.Context) ([]mention.SourceStatus, error) {
	owner, err := b.owners(ctx, api.KindSource)
	if err != nil {
		return nil, err
	}
	list, err := b.store.Ledger.SourceStates(ctx)
	if err != nil {
		return nil, told(err)
	}
	states := make(map[string]*mention.SourceState, len(list))
	for i := range list {
		states[list[i].Source] = &list[i]
	}
	var out []mention.SourceStatus
	for _, x := range b.cfg.Load().Sources {
		state := mention.SourceState{Source: x.ID}
		if have := states[x.ID]; have != nil {
			state = *have
		}
		state.Cursor = nil
		out = append(out, mention.SourceStatus{Source: x, State: state, Owner: owner(x.ID)})
	}
	return out, nil
}

// firedSpan is how far the count of a rule's incidents goes back.
const firedSpan = 30 * 24 * time.Hour

// Rules implements api.Configuring.
func (b backend) Rules(ctx context.Context) ([]api.RuleInfo, error) {
	tallies, err := b.store.Ledger.Tallies(ctx, now().Add(-firedSpan))
	if err != nil {
		return nil, told(err)
	}
	owner, err := b.owners(ctx, api.KindRule)
	if err != nil {
		return nil, err
	}
	var out []api.RuleInfo
	for _, r := range b.cfg.Load().Rules {
		body, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		info := api.RuleInfo{
			ID: r.ID, Kind: r.Kind, Match: r.Match, Severity: r.Severity, Notify: r.Notify,
			State: mention.StateInactive, Owner: owner(r.ID), Body: body,
		}
		tally := tallies[r.ID]
		if info.Fired, info.Last = tally.Fired, tally.Last; tally.Firing {
			info.State = mention.StateFiring
		}
		out = append(out, info)
	}
	return out, nil
}

// Receivers implements api.Configuring.
func (b backend) Receivers(ctx context.Context) ([]api.ReceiverInfo, error) {
	owner, err := b.owners(ctx, api.KindReceiver)
	if err != nil {
		return nil, err
	}
	out, err := b.store.Receivers(ctx, b.cfg.Load().Receivers)
	for i := range out {
		out[i].Owner = owner(out[i].ID)
		if out[i].Kind == alerts.ReceiverHeartbeat {
			b.pulses.tell(&out[i])
			continue
		}
		switch s := b.dispatch.health(out[i].ID); {
		case s.Gone:
			out[i].State, out[i].Since = api.ReceiverOff, s.Since
		case s.Open:
			out[i].State, out[i].Since, out[i].NextTry = api.ReceiverPaused, s.Since, s.Until
		case s.Failures > 0:
			out[i].State, out[i].Since = api.ReceiverFailing, s.Since
		}
	}
	return out, err
}

// Receivers tells of receivers what the outbox knows.
func (s *Store) Receivers(ctx context.Context, list []alerts.Receiver) ([]api.ReceiverInfo, error) {
	waiting, err := s.Ledger.Waiting(ctx)
	if err != nil {
		return nil, told(err)
	}
	counts := map[string]int{}
	for _, w := range waiting {
		counts[w.Receiver] = w.Count
	}
	var out []api.ReceiverInfo
	for i := range list {
		r := &list[i]
		info := api.ReceiverInfo{ID: r.ID, Kind: r.Kind, Target: target(r), To: r.To, State: api.ReceiverOK, Owner: api.OwnerFile, Waiting: counts[r.ID]}
		if err := s.fillReceiver(ctx, &info); err != nil {
			return nil, told(err)
		}
		out = append(out, info)
	}
	return out, nil
}

// fillReceiver adds what the outbox knows of a receiver.
func (s *Store) fillReceiver(ctx context.Context, info *api.ReceiverInfo) error {
	rows, err := s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Receiver: info.ID, Limit: 1000})
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(rows, func(x mention.Delivery) bool { return x.Attempts > 0 }); i >= 0 {
		info.Error = rows[i].Error
	}
	if rows, err = s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Receiver: info.ID, State: mention.DeliverySent, Limit: 100}); err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Sent.After(info.LastSent) {
			info.LastSent = rows[i].Sent
		}
	}
	const page = 1000
	for before, more := int64(0), true; more; {
		if rows, err = s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Receiver: info.ID, State: mention.DeliveryDead, Limit: page, Before: before}); err != nil {
			return err
		}
		info.Dead += len(rows)
		if more = len(rows) == page; more {
			before = rows[page-1].Seq
		}
	}
	if info.Waiting > 0 {
		info.NextTry, err = s.Ledger.NextDelivery(ctx, info.ID)
	}
	return err
}

// target says where a receiver sends, without what could be a secret in a URL.
func target(r *alerts.Receiver) string {
	if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
		return u.Host
	}
	return strings.Join(r.To, ", ")
}

// Subscriptions implements api.Configuring.
func (b backend) Subscriptions(ctx context.Context) ([]api.SubscriptionInfo, error) {
	owner, err := b.owners(ctx, api.KindSubscription)
	if err != nil {
		return nil, err
	}
	var out []api.SubscriptionInfo
	for _, s := range b.cfg.Load().Subscriptions {
		out = append(out, api.SubscriptionInfo{
			ID: s.ID, Query: s.Query, Name: s.Name, Via: s.Via, To: s.To, Every: s.Every, Owner: owner(s.ID),
		})
	}
	return out, nil
}
