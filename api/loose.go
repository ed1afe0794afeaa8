package api

import (
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

// The types of which the configuration file takes a plain string as well as an
// object, as objects: without the methods that read the string.
type (
	productName mention.ProductName
	sourceQuery mention.SourceQuery
)

// loosen describes what may be a string or an object as that; the library
// takes a type that reads strings for a string alone.
func loosen(r huma.Registry) {
	text := &huma.Schema{Type: huma.TypeString}
	either := func(t reflect.Type, doc string) *huma.Schema {
		ref := r.Schema(t, true, "")
		object := r.SchemaFromRef(ref.Ref)
		object.Required = slices.DeleteFunc(object.Required, func(name string) bool { return name == "id" }) // made of the name
		object.PrecomputeMessages()
		return &huma.Schema{AnyOf: []*huma.Schema{text, ref}, Description: doc}
	}
	put := func(schema, field string, s *huma.Schema, list bool) {
		of := r.Map()[schema]
		if of == nil || of.Properties[field] == nil {
			return
		}
		if list {
			of.Properties[field].Items = s
		} else {
			of.Properties[field] = s
		}
		s.PrecomputeMessages()
		of.PrecomputeMessages()
	}
	for _, schema := range []string{"Brand", "BrandInfo"} {
		put(schema, "products", either(reflect.TypeFor[productName](), "a plain string is a name alone"), true)
	}
	put("Source", "query", either(reflect.TypeFor[sourceQuery](), "a plain string is text in the platform's own language"), false)
}
