package index

import (
	"context"
	"testing"
	"time"

	"earshot/mention"
)

func TestFailedShardIsOpenedAgain(t *testing.T) {
	sh := newShard("2020-03", t.TempDir()+"/2020-03", new(budget))
	t.Cleanup(func() { sh.close() })
	first, err := sh.acquire(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sh.fail()
	if _, err := sh.acquire(time.Now()); err == nil {
		t.Error("a failed shard was acquired while it was still in use")
	}
	sh.release()
	again, err := sh.acquire(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if again == first {
		t.Error("a failed shard was not opened again")
	}
	sh.release()
}

func TestUnusedShardsAreClosed(t *testing.T) {
	x, err := Open(t.Context(), Options{Dir: t.TempDir(), Records: nilRecords})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for i := range maxOpen + 5 {
		sh := x.shard(shardKey(time.Date(2000, time.Month(1+i), 1, 0, 0, 0, 0, time.UTC)))
		if _, err := x.acquire(sh); err != nil {
			t.Fatal(err)
		}
		sh.release()
	}
	if n := openShards(x); n > maxOpen+1 {
		t.Errorf("%d shards are open, want at most %d", n, maxOpen+1)
	}
	for _, sh := range x.all() {
		if err := sh.closeIdle(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if n := openShards(x); n != 0 {
		t.Errorf("%d shards are open, want none", n)
	}
}

func openShards(x *Index) (n int) {
	for _, sh := range x.all() {
		if _, ok := sh.isOpen(); ok {
			n++
		}
	}
	return n
}

func TestShardKeys(t *testing.T) {
	for _, tt := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2020, 3, 31, 23, 59, 59, 0, time.UTC), "2020-03"},
		{time.Date(2020, 4, 1, 1, 0, 0, 0, time.FixedZone("", 7200)), "2020-03"},
		{time.Time{}, "0000-00"},
		{time.Date(1989, 12, 31, 0, 0, 0, 0, time.UTC), "0000-00"},
		{time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), "9999-99"},
	} {
		key := shardKey(tt.at)
		if key != tt.want || !isShardKey(key) {
			t.Errorf("shardKey(%s) = %s, want %s", tt.at, key, tt.want)
		}
		from, to := shardSpan(key)
		if tt.at.Before(from) || !to.IsZero() && !tt.at.Before(to) {
			t.Errorf("shardSpan(%s) = %s, %s, without %s", key, from, to, tt.at)
		}
	}
}

func TestSpellings(t *testing.T) {
	for _, tt := range []struct {
		exact, folded string
		want          uint64
	}{
		{"us", "us", 0},
		{"US", "us", 0b1100},
		{"Us", "us", 0b0100},
		{"#Us", "#us", 0b0100},
		{"İs", "is", spellingOdd},
		{"ΣΑΣ", "σασ", 0b11100},
		{"ΣΑς", "σασ", spellingOdd},
	} {
		if got := spellingOf(tt.exact, tt.folded); got != tt.want {
			t.Errorf("spellingOf(%q, %q) = %b, want %b", tt.exact, tt.folded, got, tt.want)
		}
	}
	if got := spellingOfForm(spellingOf("US's", "us's"), "us's", "us", 0); got != 0b1100 {
		t.Errorf("the form us of US's is spelled %b, want 1100", got)
	}
	if got := spellingOfForm(spellingOf("Été", "été"), "été", "ete", 0); got != spellingDerived {
		t.Errorf("the form ete of Été is spelled %b, want derived", got)
	}
}

func nilRecords(context.Context, []mention.Ref) ([]mention.Record, error) { return nil, nil }
