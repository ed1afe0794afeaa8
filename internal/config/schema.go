package config

import (
	"reflect"

	"github.com/invopop/jsonschema"

	"earshot/alerts"
	"earshot/mention"
)

// schema describes the file for editors. What depends on other parts of the
// file is checked by [Load] alone.
func schema() *jsonschema.Schema {
	r := &jsonschema.Reflector{
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		DoNotReference:             true,
		Mapper:                     mapper,
	}
	s := r.Reflect(&Config{})
	s.Title = "earshot configuration"
	s.Required = []string{"version"}
	return s
}

// mapper gives the types that are written otherwise than they are kept.
func mapper(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[mention.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^(0|([0-9]+(ms|s|m|h|d|w))+)$`, Description: "such as 90s, 15m, 400d"}
	case reflect.TypeFor[alerts.Words]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string"},
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}},
		}}
	case reflect.TypeFor[alerts.Routes]():
		inner := &jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, DoNotReference: true, Mapper: leaves}
		return &jsonschema.Schema{Type: "array", Items: inner.Reflect(&alerts.Route{})}
	case reflect.TypeFor[mention.ProductName]():
		type product mention.ProductName
		return textOr(&product{})
	case reflect.TypeFor[mention.SourceQuery]():
		type question mention.SourceQuery
		return textOr(&question{})
	}
	return nil
}

// textOr is the schema of what may be written as a plain string.
func textOr(object any) *jsonschema.Schema {
	r := &jsonschema.Reflector{FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, DoNotReference: true}
	s := r.Reflect(object)
	s.Version = ""
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, s}}
}

// leaves is mapper for a branch of a tree, which is not described without end.
func leaves(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[alerts.Routes]() {
		return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "object"}, Description: "branches, as above"}
	}
	return mapper(t)
}
