package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program itself: scripts run it as
// earshot, and the crash test as a process that it can kill.
func TestMain(m *testing.M) {
	if os.Getenv("EARSHOT_TEST_PROCESS") == "1" {
		os.Exit(process(os.Args[1:]))
	}
	testscript.Main(m, map[string]func(){
		"earshot": func() { os.Exit(process(os.Args[1:])) },
	})
}

func process(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != ""})
}
