package daemon

import (
	"context"
	"fmt"
	"strings"

	"earshot/api"
	"earshot/mention"
	"earshot/report"
)

// Reports implements api.Archiving.
func (b backend) Reports(ctx context.Context, f mention.KeptFilter) ([]mention.KeptReport, error) {
	list, err := b.store.Ledger.Reports(ctx, f)
	return list, told(err)
}

// Report implements api.Archiving.
func (b backend) Report(ctx context.Context, id string) (mention.KeptReport, error) {
	r, err := b.store.Ledger.Report(ctx, id)
	return r, told(err)
}

// KeepReport implements api.Archiving.
func (b backend) KeepReport(ctx context.Context, actor string, o report.Order) (mention.KeptReport, error) {
	kept, err := b.store.Keep(ctx, b.cfg.Load(), o, mention.KeptReport{By: actor})
	if err != nil {
		return kept, told(err)
	}
	if err := b.store.Ledger.PutReport(ctx, kept, nil); err != nil {
		return kept, err
	}
	return kept, b.audit(ctx, actor, "keep.report", kept.ID, kept.Title)
}

// SendPlan implements api.Archiving.
func (b backend) SendPlan(ctx context.Context, actor, id string) (mention.KeptReport, error) {
	cfg := b.cfg.Load()
	p, ok := planOf(cfg, id)
	if !ok {
		return mention.KeptReport{}, fmt.Errorf("%w: there is no planned report %q", api.ErrNotFound, id)
	}
	o, err := p.Order(now(), cfg.Location(), cfg.Brands, cfg.Boards)
	if err != nil {
		return mention.KeptReport{}, fmt.Errorf("%w: %w", api.ErrConflict, err)
	}
	kept, err := b.store.Keep(ctx, cfg, o, mention.KeptReport{Plan: p.ID, By: actor})
	if err == nil {
		err = b.sendReport(ctx, kept, wholly(p.Receivers), mention.Delivery{Reason: "asked for by " + actor}, "")
	}
	if err != nil {
		return kept, told(err)
	}
	return kept, b.audit(ctx, actor, "send.report", kept.ID, "report "+p.ID+" to "+strings.Join(p.Receivers, ", "))
}

// DeleteReport implements api.Archiving.
func (b backend) DeleteReport(ctx context.Context, id, actor string) error {
	return told(b.store.Ledger.DeleteReport(ctx, id, actor))
}

// ReviewReport implements api.Archiving.
func (b backend) ReviewReport(ctx context.Context, id string) (mention.ReportReview, error) {
	kept, err := b.store.Ledger.Report(ctx, id)
	if err != nil {
		return mention.ReportReview{}, told(err)
	}
	out, err := b.store.Review(ctx, b.cfg.Load(), &kept)
	return out, told(err)
}

// Plans implements api.Archiving.
func (b backend) Plans(ctx context.Context) ([]api.PlanInfo, error) {
	owner, err := b.owners(ctx, api.KindReport)
	if err != nil {
		return nil, err
	}
	cfg := b.cfg.Load()
	out := []api.PlanInfo{}
	for _, p := range cfg.Reports {
		out = append(out, api.PlanInfo{Plan: p, Owner: owner(p.ID), Next: p.Next(now(), cfg.Location())})
	}
	return out, nil
}

// Boards implements api.Archiving.
func (b backend) Boards(ctx context.Context) ([]api.BoardInfo, error) {
	owner, err := b.owners(ctx, api.KindBoard)
	if err != nil {
		return nil, err
	}
	out := []api.BoardInfo{}
	for _, x := range b.cfg.Load().Boards {
		out = append(out, api.BoardInfo{Board: x, Owner: owner(x.ID)})
	}
	return out, nil
}

// Share implements api.Archiving.
func (b backend) Share(ctx context.Context, s mention.Share) error {
	return told(b.store.Ledger.PutShare(ctx, s))
}

// Shares implements api.Archiving.
func (b backend) Shares(ctx context.Context, id string) ([]mention.Share, error) {
	list, err := b.store.Ledger.Shares(ctx, id)
	return list, told(err)
}

// Shared implements api.Archiving.
func (b backend) Shared(ctx context.Context, hash string) (mention.Share, mention.KeptReport, error) {
	s, err := b.store.Ledger.ShareOf(ctx, hash)
	if err != nil {
		return s, mention.KeptReport{}, told(err)
	}
	r, err := b.store.Ledger.Report(ctx, s.Report)
	return s, r, told(err)
}

// RevokeShare implements api.Archiving.
func (b backend) RevokeShare(ctx context.Context, id, actor string) error {
	return told(b.store.Ledger.RevokeShare(ctx, id, actor, now()))
}
