// Command train makes the model files of package nlp from labelled texts. The
// same data gives the same bytes. Which sets the models are made of, and under
// which terms, is told in docs/models.md.
//
//	go run ./nlp/train -data DATA -catalogs DJANGO -out nlp/models
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"earshot/nlp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(_ context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o nlp.TrainOptions
	flags.StringVar(&o.Data, "data", "", "folder with language/*.jsonl.gz and lexicons/*")
	flags.StringVar(&o.Catalogs, "catalogs", "", "folder with gettext catalogues of many languages")
	flags.StringVar(&o.Names, "names", "", "folder with lists of people's names")
	flags.StringVar(&o.Out, "out", "nlp/models", "folder of the model files")
	flags.BoolVar(&o.Check, "check", false, "keep a fifth of the sets without a training part for checking")
	models := flags.String("models", "", "models to make, with commas between them; all when empty")
	without := flags.String("without", "", "sets to leave out, with commas between them")
	if err := flags.Parse(args); err != nil || o.Data == "" {
		_, _ = fmt.Fprintln(stderr, "train: -data is required")
		return 2
	}
	o.Models, o.Without, o.Log = list(*models), list(*without), stdout
	if err := nlp.Train(o); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}
