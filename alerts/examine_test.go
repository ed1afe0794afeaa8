package alerts

import (
	"fmt"
	"hash/fnv"
	"reflect"
	"strconv"
	"testing"
	"time"

	"earshot/mention"
)

// filled sets every field that a value has, so that none is zero.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1e9, 0)))
			return
		}
		for i := range v.NumField() {
			filled(v.Field(i))
		}
	}
}

func TestSameLooksAtEveryField(t *testing.T) {
	full := func() Rule {
		var r Rule
		filled(reflect.ValueOf(&r).Elem())
		return r
	}
	whole, zero := full(), Rule{}
	if other := full(); !whole.same(&other) || !zero.same(&Rule{}) {
		t.Fatal("two equal rules are not the same")
	}
	for f := range reflect.TypeFor[Rule]().Fields() {
		var only Rule
		field := reflect.ValueOf(&only).Elem().FieldByIndex(f.Index)
		filled(field)
		if only.same(&zero) || zero.same(&only) {
			t.Errorf("a rule with %s is the same as one without", f.Name)
		}
		other := full()
		if field = reflect.ValueOf(&other).Elem().FieldByIndex(f.Index); field.Kind() == reflect.Bool {
			continue
		}
		switch field.Kind() {
		case reflect.Slice:
			field = field.Index(0)
		case reflect.Pointer:
			field = field.Elem()
		}
		if field.Kind() != reflect.Struct {
			filled(field)
			if whole.same(&other) {
				t.Errorf("rules with another %s are the same", f.Name)
			}
			continue
		}
		for i := range field.NumField() {
			was := reflect.New(field.Type()).Elem()
			was.Set(field)
			filled(field.Field(i))
			if field.Field(i).Kind() == reflect.Slice {
				field.Field(i).Set(reflect.Zero(field.Field(i).Type()))
			}
			if field.Field(i).Kind() != reflect.Struct && whole.same(&other) {
				t.Errorf("rules with another %s.%s are the same", f.Name, field.Type().Field(i).Name)
			}
			field.Set(was)
		}
	}
}

func TestExaminerSaysWhatExamineSays(t *testing.T) {
	x := &Examiner{}
	rules := []Rule{
		{ID: "plain", Match: "recall", By: Words{"brand"}},
		{ID: "odd", Match: "recall AND ("},
		{ID: "ratio", Kind: KindRatio, Match: "a*", Of: "*", Above: 50},
		{ID: "dated", Match: "recall AND published:[-7d TO *]"},
		{ID: "where", Where: "reach > 5"},
		{ID: "where-not", Where: "reach >"},
	}
	words := func(list []Examined) string {
		var b []byte
		for i := range list {
			e := &list[i]
			b = fmt.Appendf(b, "%s: %v %v %v %v %v %s\n", rules[i].ID, e.Faults, e.Messages, e.Match, e.of, e.where != nil, e.mark)
		}
		return string(b)
	}
	for range 3 {
		if got, want := words(x.Examine(rules)), words(Examine(rules)); got != want {
			t.Errorf("an examiner says\n%s\nwant\n%s", got, want)
		}
		rules[0].Match += " OR trial"
		rules[4].Count++ // a fault
	}
	if Examine(rules)[3].Faults != nil {
		t.Fatal("the dated rule is at fault")
	}
	if x.known["dated"] != nil || x.known["odd"] != nil || x.known["plain"] == nil {
		t.Error("an examiner knows what may change, or does not know what cannot")
	}
	for i := range 100 {
		x.Examine([]Rule{{ID: fmt.Sprint("passing ", i)}})
	}
	if len(x.known) > 2*len(rules) {
		t.Errorf("an examiner keeps %d rules of which nobody asks", len(x.known))
	}
}

// The state of rules outlives the program that wrote it.
func TestFingerprintStays(t *testing.T) {
	for _, r := range []Rule{
		{},
		{Match: "a \"b\"\né", Where: "x", Of: "y", Own: true, Count: 7, Sensitivity: "low"},
		{Kind: KindSpike, By: Words{"brand", "so urce"}, Window: mention.Duration(90 * time.Minute)},
	} {
		h := fnv.New64a()
		fmt.Fprintf(h, "%q %q %q %q %q %v %d %s %s", r.kind(), r.Match, r.Where, r.Of, []string(r.By), r.Own, r.Count, r.Window, r.Sensitivity)
		if got, want := r.fingerprint(), strconv.FormatUint(h.Sum64(), 16); got != want {
			t.Errorf("fingerprint of %+v = %s, want %s", r, got, want)
		}
	}
}
