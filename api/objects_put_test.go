package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/api"
	"earshot/mention"
)

// TestBodiesAreTakenAsTheFileTakesThem: what may be a plain string there may be
// one here.
func TestBodiesAreTakenAsTheFileTakesThem(t *testing.T) {
	f := newFake(1)
	h := handler(t, api.Options{Backend: f})
	for _, tt := range []struct {
		name, products string
		want           []mention.ProductName
	}{
		{"plain names", `["Lumovarin","Tensivane"]`, []mention.ProductName{{Name: "Lumovarin"}, {Name: "Tensivane"}}},
		{"an object without an id", `[{"name":"Lumovarin"}]`, []mention.ProductName{{Name: "Lumovarin"}}},
		{"both", `["Tensivane",{"id":"lumo","name":"Lumovarin","aliases":["Lumo"],"indication":"sleep"}]`, []mention.ProductName{{Name: "Tensivane"}, {ID: "lumo", Name: "Lumovarin", Aliases: []string{"Lumo"}, Indication: "sleep"}}},
	} {
		res, body := answer(h, request("PUT", "/api/v1/brands/velmora", `{"id":"velmora","name":"Velmora","products":`+tt.products+`}`))
		if res.StatusCode != http.StatusNoContent {
			t.Errorf("%s: %d %s", tt.name, res.StatusCode, body)
			continue
		}
		var got mention.Brand
		if err := json.Unmarshal(f.objects["brand velmora"].Body, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got.Products); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
	for _, bad := range []string{`[3]`, `[{"nam":"x"}]`, `"Lumovarin"`, `[["x"]]`} {
		if res, body := answer(h, request("PUT", "/api/v1/brands/velmora", `{"id":"velmora","name":"Velmora","products":`+bad+`}`)); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", bad, res.StatusCode, body)
		}
	}
	for _, query := range []string{`"recall"`, `{"text":"recall"}`, `{"from":"brands","only":["velmora"]}`} {
		if res, body := answer(h, request("PUT", "/api/v1/sources/hn", `{"id":"hn","kind":"hackernews","query":`+query+`}`)); res.StatusCode != http.StatusNoContent {
			t.Errorf("%s: %d %s", query, res.StatusCode, body)
		}
	}
	if res, body := answer(h, request("PUT", "/api/v1/sources/hn", `{"id":"hn","kind":"hackernews","query":{"txt":"recall"}}`)); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong key: %d %s", res.StatusCode, body)
	}
}
