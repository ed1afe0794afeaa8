package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"earshot/mention"
)

// maxAccuracies is how many coded samples of a query are given.
const maxAccuracies = 1000

// PutAccuracy implements [Curating].
func (l *store) PutAccuracy(ctx context.Context, a mention.Accuracy) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("ledger: put accuracy: %w", err)
	}
	return l.write(ctx, "put accuracy", func(t *txn) error {
		return t.exec("INSERT INTO accuracies (query, body) VALUES (?, ?)", a.Query, string(body))
	})
}

// Accuracies implements [Curating].
func (l *store) Accuracies(ctx context.Context, query string) ([]mention.Accuracy, error) {
	var list []mention.Accuracy
	err := l.r.each(ctx, "SELECT body FROM accuracies WHERE query = ? ORDER BY seq DESC LIMIT ?", func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var a mention.Accuracy
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			return err
		}
		list = append(list, a)
		return nil
	}, query, maxAccuracies)
	return list, reading("accuracies", err)
}
