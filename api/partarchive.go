package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"earshot/mention"
	"earshot/report"
)

// Kept reports are about everything, and stay with those who see everything;
// a part makes its reports when it asks for them.

// Reports implements [Archiving].
func (p part) Reports(ctx context.Context, f mention.KeptFilter) ([]mention.KeptReport, error) {
	if partial(ctx) {
		return nil, nil
	}
	return p.whole.Reports(ctx, f)
}

// Report implements [Archiving].
func (p part) Report(ctx context.Context, id string) (mention.KeptReport, error) {
	if whole(ctx) != nil {
		return mention.KeptReport{}, fmt.Errorf("report %s: %w", id, ErrNotFound)
	}
	return p.whole.Report(ctx, id)
}

// KeepReport implements [Archiving].
func (p part) KeepReport(ctx context.Context, actor string, o report.Order) (mention.KeptReport, error) {
	if err := whole(ctx); err != nil {
		return mention.KeptReport{}, err
	}
	return p.whole.KeepReport(ctx, actor, o)
}

// DeleteReport implements [Archiving].
func (p part) DeleteReport(ctx context.Context, id, actor string) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.DeleteReport(ctx, id, actor)
}

// ReviewReport implements [Archiving].
func (p part) ReviewReport(ctx context.Context, id string) (mention.ReportReview, error) {
	if err := whole(ctx); err != nil {
		return mention.ReportReview{}, err
	}
	return p.whole.ReviewReport(ctx, id)
}

// SendPlan implements [Archiving].
func (p part) SendPlan(ctx context.Context, actor, id string) (mention.KeptReport, error) {
	if err := whole(ctx); err != nil {
		return mention.KeptReport{}, err
	}
	return p.whole.SendPlan(ctx, actor, id)
}

// MailReport implements [Archiving].
func (p part) MailReport(ctx context.Context, actor string, o report.Order, to []string) (mention.KeptReport, error) {
	if err := whole(ctx); err != nil {
		return mention.KeptReport{}, err
	}
	return p.whole.MailReport(ctx, actor, o, to)
}

// Backtest implements [Alerting]: a rule counts over everything.
func (p part) Backtest(ctx context.Context, rule json.RawMessage, since time.Time) (mention.Backtest, error) {
	if err := whole(ctx); err != nil {
		return mention.Backtest{}, err
	}
	return p.whole.Backtest(ctx, rule, since)
}

// Plans implements [Archiving].
func (p part) Plans(ctx context.Context) ([]PlanInfo, error) {
	if partial(ctx) {
		return nil, nil
	}
	return p.whole.Plans(ctx)
}

// Boards implements [Archiving]: what they show is counted within the part.
func (p part) Boards(ctx context.Context) ([]BoardInfo, error) { return p.whole.Boards(ctx) }

// Share implements [Archiving].
func (p part) Share(ctx context.Context, s mention.Share) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.Share(ctx, s)
}

// Shares implements [Archiving].
func (p part) Shares(ctx context.Context, report string) ([]mention.Share, error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	return p.whole.Shares(ctx, report)
}

// Shared implements [Archiving]: who has the link is let in by it.
func (p part) Shared(ctx context.Context, hash string) (mention.Share, mention.KeptReport, error) {
	return p.whole.Shared(ctx, hash)
}

// RevokeShare implements [Archiving].
func (p part) RevokeShare(ctx context.Context, id, actor string) error {
	if err := whole(ctx); err != nil {
		return err
	}
	return p.whole.RevokeShare(ctx, id, actor)
}
