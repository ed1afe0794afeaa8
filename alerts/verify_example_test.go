package alerts_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/alerts"
)

// What stands between the two lines stands in docs/alerts.md too.

// --8<--
// verify reports whether a webhook is of who knows the secret (whsec_…), and
// not older or newer than five minutes. body are the bytes as they came.
func verify(secret string, h http.Header, body []byte, now time.Time) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	stamp, bad := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || bad != nil || len(key) == 0 || max(now.Unix()-stamp, stamp-now.Unix()) > 300 {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for s := range strings.FieldsSeq(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(s), []byte(want)) {
			return true
		}
	}
	return false
}

// --8<--

const (
	exampleSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleBody   = `{"test": 2432232314}`
)

// exampleHeader is that of the vector which the specification publishes.
func exampleHeader() http.Header {
	h := http.Header{}
	h.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	h.Set("webhook-timestamp", "1614265330")
	h.Set("webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	return h
}

func Example_verify() {
	now := time.Unix(1614265330, 0)
	fmt.Println(verify(exampleSecret, exampleHeader(), []byte(exampleBody), now))
	fmt.Println(verify(exampleSecret, exampleHeader(), []byte(exampleBody+" "), now))
	fmt.Println(verify(exampleSecret, exampleHeader(), []byte(exampleBody), now.Add(6*time.Minute)))
	// Output:
	// true
	// false
	// false
}

func ExampleVerifyWebhook() {
	fmt.Println(alerts.VerifyWebhook(exampleSecret, exampleHeader(), []byte(exampleBody), time.Unix(1614265330, 0)))
	fmt.Println(alerts.VerifyWebhook(exampleSecret, exampleHeader(), []byte("{}"), time.Unix(1614265330, 0)))
	// Output:
	// <nil>
	// alerts: webhook: no signature fits
}

// The page for those who write receivers shows what is tested here.
func TestVerifierIsTheOneOnThePage(t *testing.T) {
	source, err := os.ReadFile("verify_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(source), "// --8<--\n")
	if code := strings.TrimSpace(parts[1]); !strings.Contains(string(page), "```go\n"+code+"\n```") {
		t.Error("docs/alerts.md does not show the verifier as it is tested")
	}
}
