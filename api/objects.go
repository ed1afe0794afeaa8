package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

// An output is an answer that is one value.
type output[T any] struct {
	Body T
}

// answered answers one question with what the backend says.
func answered[T any](ctx context.Context, a *api, what string, fn func(context.Context) (T, error)) (*output[T], error) {
	v, err := ask(ctx, a, what, fn)
	if err != nil {
		return nil, err
	}
	return &output[T]{Body: v}, nil
}

type listOutput[T any] struct {
	Body listBody[T]
}

type listBody[T any] struct {
	Rows []T `json:"rows"`
}

type putInput[T any] struct {
	ID   string `path:"id" maxLength:"100"`
	Body T
}

// A form is how one kind of object is listed, made and removed. T is what is
// listed, B what is sent.
type form[T, B any] struct {
	kind, plural, title string // brand, brands, Brand
	role                Role
	list                func(context.Context) ([]T, error)
	id                  func(*B) string
	faults              func(*B) []error // nil: the backend's alone
}

func (a *api) objectRoutes() {
	register(a, form[BrandInfo, mention.Brand]{
		kind: KindBrand, plural: "brands", title: "Brand", role: RoleAdmin, list: a.backend.Brands,
		id: func(b *mention.Brand) string { return b.ID }, faults: (*mention.Brand).Faults,
	})
	register(a, form[LabelInfo, mention.Label]{
		kind: KindLabel, plural: "labels", title: "Label", role: RoleAnalyst, list: a.backend.Labels,
		id: func(l *mention.Label) string { return l.ID },
	})
	register(a, form[mention.SourceStatus, mention.Source]{
		kind: KindSource, plural: "sources", title: "Source", role: RoleAdmin, list: a.backend.Sources,
		id: func(s *mention.Source) string { return s.ID }, faults: (*mention.Source).Faults,
	})
	register(a, form[RuleInfo, map[string]any]{
		kind: KindRule, plural: "rules", title: "Rule", role: RoleAnalyst, list: a.backend.Rules, id: idOfMap,
	})
	register(a, form[ReceiverInfo, map[string]any]{
		kind: KindReceiver, plural: "receivers", title: "Receiver", role: RoleAdmin, list: a.backend.Receivers, id: idOfMap,
	})
	register(a, form[SubscriptionInfo, map[string]any]{
		kind: KindSubscription, plural: "subscriptions", title: "Subscription", role: RoleAnalyst, list: a.backend.Subscriptions, id: idOfMap,
	})
	a.boardObjects()
}

func (a *api) boardObjects() {
	register(a, form[BoardInfo, map[string]any]{
		kind: KindBoard, plural: "boards", title: "Board", role: RoleAnalyst, list: a.backend.Boards, id: idOfMap,
	})
	register(a, form[PlanInfo, map[string]any]{
		kind: KindReport, plural: "plans", title: "Plan", role: RoleAdmin, list: a.backend.Plans, id: idOfMap,
	})
}

func idOfMap(m *map[string]any) string {
	id, _ := (*m)["id"].(string)
	return id
}

func register[T, B any](a *api, f form[T, B]) {
	tags := []string{"Configuration"}
	write := map[string]any{needs: f.role}
	huma.Register(a.huma, huma.Operation{
		OperationID: "list" + f.title + "s", Method: http.MethodGet, Path: "/" + f.plural, Tags: tags,
		Summary: "List " + f.plural, Description: "Those of the configuration files and those made here; owner tells them apart.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[T], error) {
		rows, err := ask(ctx, a, f.kind, f.list)
		if err != nil {
			return nil, err
		}
		if rows == nil {
			rows = []T{}
		}
		return &listOutput[T]{Body: listBody[T]{Rows: rows}}, nil
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "put" + f.title, Method: http.MethodPut, Path: "/" + f.plural + "/{id}", Tags: tags, Metadata: write,
		Summary:       "Make or replace a " + f.kind,
		Description:   "The keys are those of the configuration file. An id that a file defines can only be changed there.",
		DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, in *putInput[B]) (*struct{}, error) { return nil, put(ctx, a, &f, in) })
	huma.Register(a.huma, huma.Operation{
		OperationID: "delete" + f.title, Method: http.MethodDelete, Path: "/" + f.plural + "/{id}", Tags: tags, Metadata: write,
		Summary: "Remove a " + f.kind + " that was made here", DefaultStatus: http.StatusNoContent,
	}, func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, a.fail(ctx, a.backend.DeleteObject(ctx, f.kind, in.ID, actorOf(ctx).name), f.kind)
	})
}

func put[T, B any](ctx context.Context, a *api, f *form[T, B], in *putInput[B]) error {
	var faults []string
	if err := mention.CheckID(in.ID); err != nil {
		faults = append(faults, err.Error())
	}
	if id := f.id(&in.Body); id != in.ID {
		faults = append(faults, fmt.Sprintf("id %q is not that of the address, %q", id, in.ID))
	}
	if f.faults != nil {
		for _, err := range f.faults(&in.Body) {
			faults = append(faults, err.Error())
		}
	}
	if len(faults) > 0 {
		return invalid(faults)
	}
	body, err := json.Marshal(in.Body)
	if err != nil {
		return a.fail(ctx, err, f.kind)
	}
	return a.fail(ctx, a.backend.PutObject(ctx, Object{Kind: f.kind, ID: in.ID, Owner: actorOf(ctx).name, Body: body}), f.kind)
}
