package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/query"
)

// The exit statuses, the same for every command.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 3
	exitPartly = 4
)

// A statusError ends the program with a status of its own; a nil Err says
// nothing more, because all was said already.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// An app is what every command takes from outside.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	log            *slog.Logger

	configFile string         // --config
	dataDir    string         // --data-dir
	output     string         // -o
	zone       *time.Location // that tables are told in; nil means UTC
	verbose    bool

	configs config.Reader // knows again what a file held when it was read last
}

// run runs one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root() //nolint:contextcheck // commands are given theirs when they run
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	return a.status(err)
}

// status tells an error and turns it into an exit status.
func (a *app) status(err error) int {
	if err == nil {
		return exitOK
	}
	var faults config.Faults
	var said *statusError
	var bad *query.Error
	switch {
	case errors.As(err, &faults):
		fmt.Fprintln(a.stderr, faults)
		return exitConfig
	case errors.As(err, &said):
		if said.err != nil {
			fmt.Fprintln(a.stderr, "earshot:", said.err)
		}
		return said.status
	case errors.As(err, &bad):
		a.sayQuery(bad)
		return exitFailed
	}
	fmt.Fprintln(a.stderr, "earshot:", err)
	if s := err.Error(); strings.HasPrefix(s, "unknown command") || strings.HasPrefix(s, "unknown flag") ||
		strings.HasPrefix(s, "unknown shorthand") || strings.Contains(s, "arg(s)") || strings.HasPrefix(s, "invalid argument") ||
		strings.HasPrefix(s, "flag needs") || strings.HasPrefix(s, "required flag") {
		return exitUsage
	}
	return exitFailed
}

func (a *app) sayQuery(e *query.Error) {
	for _, m := range e.Messages {
		fmt.Fprintf(a.stderr, "earshot: query: %s: %s (at byte %d)\n", m.Code, m.Message, m.At)
		if m.Hint != "" {
			fmt.Fprintln(a.stderr, "    hint:", m.Hint)
		}
	}
}

// usage is a fault of the command line.
func usage(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, args...)}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "earshot",
		Short:         "Social listening and competitor monitoring in one binary",
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			level := slog.LevelInfo
			if a.verbose {
				level = slog.LevelDebug
			}
			a.log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
		},
	}
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "say more on stderr")
	root.SetVersionTemplate("earshot {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		a.serveCmd(), a.demoCmd(), a.checkCmd(), a.initCmd(), a.schemaCmd(), a.doctorCmd(), a.configCmd(),
		a.fetchCmd(), a.sourcesCmd(), a.parseCmd(), a.extractCmd(), a.diffCmd(),
		a.analyzeCmd(), a.brandsCmd(), a.matchCmd(), a.storiesCmd(), a.queryCmd(),
		a.importCmd(), a.searchCmd(), a.countCmd(), a.exportCmd(),
		a.rulesCmd(), a.detectCmd(), a.incidentsCmd(), a.deliveriesCmd(), a.safetyCmd(), a.usersCmd(),
		a.kpisCmd(), a.trendsCmd(), a.voicesCmd(), a.activityCmd(), a.sampleCmd(), a.scoreCmd(), a.reportCmd(),
		a.replayCmd(), a.verifyCmd(), a.backupCmd(), a.restoreCmd(),
	)
	return root
}

// group is a command that only holds others; by itself it is bad use.
func group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q for %s; try %s --help", args[0], c.CommandPath(), c.CommandPath())
			}
			return usage("%s wants a command of its own; try %s --help", c.CommandPath(), c.CommandPath())
		},
	}
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}

// dataFlags are for commands that touch data.
func (a *app) dataFlags(c *cobra.Command) {
	c.Flags().StringVar(&a.configFile, "config", "", "configuration file (default earshot.yaml where it is there)")
	c.Flags().StringVar(&a.dataDir, "data-dir", "", "data directory (default the configuration's)")
}

// outputFlag is for commands that give rows.
func (a *app) outputFlag(c *cobra.Command, def string, forms ...string) {
	output := c.Flags().StringP("output", "o", def, "one of "+strings.Join(forms, ", "))
	c.PreRunE = func(*cobra.Command, []string) error {
		a.output = *output
		if !slices.Contains(forms, a.output) {
			return usage("-o %s: one of %s", a.output, strings.Join(forms, ", "))
		}
		return nil
	}
}
