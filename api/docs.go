package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"earshot/query"
)

// config is the document's frame; the operations fill it. The library's own
// pages are off: they load scripts from elsewhere.
func (a *api) config() huma.Config {
	version := a.version
	if version == "" {
		version = "dev"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "earshot", Version: version,
				Description: "Mentions of brands, what they say, and what was told about them. Times are RFC 3339 in UTC. Errors are problem+json; what is wrong with a query stands in messages.",
			},
			Servers: []*huma.Server{{URL: a.absolute("/api/v1")}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":   {Type: "http", Scheme: "bearer", Description: "A token of the configuration. Without tokens only the machine itself is answered."},
					"address": {Type: "apiKey", In: "query", Name: "token", Description: "A viewer's token in the address, for spreadsheets and feed readers that can send no header. Addresses are written down in many places: use a token of its own."},
				},
			},
			Security: []map[string][]string{{"token": {}}, {}},
		},
		Formats:                      huma.DefaultFormats,
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{typed},
	}
}

// urlPaths are the operations whose address may carry a viewer's token.
var urlPaths = []string{"/aggregate/rows", "/kpis/rows", "/feed", "/feed/incidents"}

// inAddress says of an operation that its address may carry a token.
func inAddress(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{"token": {}}, {"address": {}}, {}}
	return op
}

// typed gives the library's own errors the type that every error has.
func typed(_ huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok && e.Type == "" {
		e.Type = "urn:earshot:invalid"
	}
	return v, nil
}

// schemaName keeps generics readable: listBody[api.BrandInfo] is BrandInfoList.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if rest, ok := strings.CutPrefix(name, "ListBody"); ok {
		return rest + "List"
	}
	return name
}

// documents serves what describes the API. All of it is made once.
func (a *api) documents(mux *router) error {
	doc := a.huma.OpenAPI()
	schemas := doc.Components.Schemas
	if model := schemas.Map()["ErrorModel"]; model != nil {
		messages := schemas.Schema(reflect.TypeFor[[]query.Message](), true, "Messages")
		messages.Description = "What is wrong with the query"
		model.Properties["messages"] = messages
	}
	newest, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("api: openapi document: %w", err)
	}
	older, err := doc.Downgrade()
	if err != nil {
		return fmt.Errorf("api: openapi 3.0 document: %w", err)
	}
	// OpenAPI 3.0 knows no media type of a schema; format: binary says it.
	older = bytes.ReplaceAll(older, []byte(`"contentMediaType":"application/octet-stream",`), nil)
	for name, body := range map[string][]byte{"openapi.json": newest, "openapi-3.0.json": older} {
		mux.HandleFunc("GET "+a.base+"/api/v1/"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(body)
		})
	}
	groups := operations(doc)
	mux.HandleFunc("GET "+a.base+"/api/v1/docs", func(w http.ResponseWriter, r *http.Request) {
		a.pages.show(w, r, http.StatusOK, "docs", view{Title: "API", Here: "/api/v1/docs", Data: docsView{
			Groups: groups, Schemas: schemaList(schemas), Base: a.reached(r) + "/api/v1", Token: len(a.guard.tokens) > 0, Objects: r.URL.Query().Has("objects"),
		}})
	})
	return nil
}

// reached is the address at which a client reaches the front page, as far as can be told.
func (a *api) reached(r *http.Request) string {
	if a.origin != "" {
		return a.origin + a.link
	}
	scheme := "http"
	if a.guard.https(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host + a.link
}

type docsView struct {
	Groups  []docsGroup
	Schemas []docsSchema
	Base    string
	Token   bool
	Objects bool // these are told, not the operations
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Role                                   Role
	Params                                 []docsField
	Body, Answer                           string // names of schemas
	Types                                  []string
}

type docsField struct {
	Name, In, Type, Doc string
	Ref                 string
	Required            bool
}

type docsSchema struct {
	Name   string
	Fields []docsField
}

// operations reads the document group by group, in the order people meet them.
func operations(doc *huma.OpenAPI) []docsGroup {
	order := []string{"Mentions", "Numbers", "Queries", "Alerts", "Reports", "Configuration", "People", "System"}
	groups := make([]docsGroup, len(order))
	for i, name := range order {
		groups[i].Name = name
	}
	paths := make([]string, 0, len(doc.Paths))
	for path := range doc.Paths {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			g := max(0, slices.Index(order, op.Tags[0]))
			groups[g].Operations = append(groups[g].Operations, docsOf(op, path))
		}
	}
	return groups
}

func docsOf(op *huma.Operation, path string) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, Description: op.Description, Role: RoleViewer}
	if role, ok := op.Metadata[needs].(Role); ok {
		d.Role = role
	}
	for _, p := range op.Parameters {
		if p.Schema == nil {
			continue
		}
		d.Params = append(d.Params, fieldOf(p.Name, p.In, p.Schema, p.Description, p.Required))
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			d.Body = refName(media.Schema)
		}
	}
	for _, code := range []string{"200", "201", "202"} {
		if answer := op.Responses[code]; answer != nil {
			for kind, media := range answer.Content {
				d.Types = append(d.Types, kind)
				d.Answer = refName(media.Schema)
			}
		}
	}
	slices.Sort(d.Types)
	return d
}

func refName(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

func fieldOf(name, in string, s *huma.Schema, doc string, required bool) docsField {
	f := docsField{Name: name, In: in, Required: required, Doc: doc, Type: s.Type, Ref: refName(s)}
	if f.Doc == "" {
		f.Doc = s.Description
	}
	switch {
	case s.Type == huma.TypeArray && s.Items != nil:
		if f.Ref = refName(s.Items); f.Ref == "" {
			f.Type = "list of " + s.Items.Type
		} else {
			f.Type = "list of"
		}
	case s.Format != "":
		f.Type = s.Format
	}
	var notes []string
	if len(s.Enum) > 0 {
		notes = append(notes, "one of "+strings.Trim(fmt.Sprint(s.Enum), "[]"))
	}
	if s.Default != nil {
		notes = append(notes, "default "+strings.Trim(fmt.Sprint(s.Default), "[]"))
	}
	if s.Maximum != nil {
		notes = append(notes, fmt.Sprintf("at most %v", *s.Maximum))
	}
	if len(notes) > 0 {
		f.Doc = strings.TrimPrefix(f.Doc+"; "+strings.Join(notes, "; "), "; ")
	}
	return f
}

func schemaList(r huma.Registry) []docsSchema {
	var list []docsSchema
	for name, s := range r.Map() {
		d := docsSchema{Name: name}
		for field, fs := range s.Properties {
			d.Fields = append(d.Fields, fieldOf(field, "", fs, "", slices.Contains(s.Required, field)))
		}
		slices.SortFunc(d.Fields, func(a, b docsField) int { return strings.Compare(a.Name, b.Name) })
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	return list
}
