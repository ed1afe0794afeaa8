package query_test

import (
	"fmt"
	"time"

	"earshot/mention"
	"earshot/query"
)

func ExampleParse() {
	q, messages := query.Parse(`headline:drug NEAR/5 recall -lawsuit`)
	for _, m := range messages {
		fmt.Println(m)
	}
	fmt.Println(q.Canonical())
	row := mention.Row{ID: "1", Title: "Recall of a drug"}
	fmt.Println(q.Match(query.NewDocument(&row)))
	// Output:
	// mixed-near at 0: NEAR and SENTENCE bind before AND, OR and NOT (put the NEAR part in parentheses)
	// (title:drug NEAR/5 recall) AND NOT lawsuit
	// true
}

func ExampleNewSet() {
	now := time.Date(2024, 5, 20, 0, 0, 0, 0, time.UTC)
	labels := []query.Saved{{ID: "safety", Query: `"side effect*"`}, {ID: "legal", Query: "lawsuit OR court"}}
	set, err := query.NewSet(labels, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	row, err := query.DecodeRow([]byte(`{"id":"1","text":"Side effects go to court"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, i := range set.Match(query.NewDocument(&row), now, nil) {
		fmt.Println(labels[i].ID)
	}
	// Output:
	// safety
	// legal
}
