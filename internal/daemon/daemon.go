package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// Options are what a daemon needs from outside.
type Options struct {
	Config  *config.Config                                               // required
	Reload  func() (*config.Config, error)                               // reads the configuration again; nil means it never changes
	Version string                                                       // of the program
	Extra   map[string]http.Handler                                      // more pages, by path, such as the demo's inbox
	Links   []api.Link                                                   // to them, in the navigation
	Ready   func(address string)                                         // told once the API answers
	Setup   func(link string, until time.Time)                           // told the link that makes the first admin, when there is one; it lets in
	Log     *slog.Logger                                                 // nil means no logging
	Hangup  <-chan os.Signal                                             // asks for a reload; may be nil
	Listen  func(ctx context.Context, addr string) (net.Listener, error) // nil means TCP
}

// A Daemon is every stage, wired.
type Daemon struct {
	o       Options
	log     *slog.Logger
	store   *Store
	hub     api.Hub
	metrics *metrics
	started time.Time
	secret  string // lets commands of the same user in

	setupLink func(address string) // tells the link that makes the first admin; nil: there is none

	cfg        atomic.Pointer[config.Config] // the files and the objects made through the API
	files      atomic.Pointer[config.Config] // the files alone
	understand *understander
	alerting   *alerting
	dispatch   *dispatcher
	pulses     pulses
	intake     *intake
	fetch      atomic.Pointer[fetcher]
	jobs       *ledger.Jobs
	planned    map[string]bool // sources that have a pass queued; guarded by reloading

	linking     sync.Mutex    // a link acts once
	trying      sync.Mutex    // rules
	tryouts     tryouts       // of rules, that pages asked for
	testing     chan struct{} // addresses
	reloading   sync.Mutex
	caughtUp    atomic.Bool // the index was once at the end of the log since the start
	relinkAgain chan struct{}
	lanes       *lanes
	status      status
	seen        string // fingerprint of the files at the start
}

// status is what people are told about the daemon itself.
type status struct {
	mu       sync.Mutex
	faults   map[string]string // by what it is about
	progress map[string]string
}

func (s *status) set(m *map[string]string, about, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *m == nil {
		*m = map[string]string{}
	}
	if text == "" {
		delete(*m, about)
		return
	}
	(*m)[about] = text
}

func (d *Daemon) fault(about string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	d.status.set(&d.status.faults, about, text)
}

func (d *Daemon) progress(about, text string) { d.status.set(&d.status.progress, about, text) }

// Run runs a daemon until ctx is done, then stops its stages in order. It
// returns nil after a clean stop.
func Run(ctx context.Context, o Options) error {
	d, err := open(ctx, o)
	if err != nil {
		return err
	}
	err = d.run(ctx)
	return errors.Join(err, d.close(context.WithoutCancel(ctx)))
}

// close lets go of the job queue and the data.
func (d *Daemon) close(ctx context.Context) error {
	var err error
	if d.jobs != nil {
		ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
		defer cancel()
		err = d.jobs.Stop(ctx)
	}
	return errors.Join(err, d.store.Close())
}

// open opens the data and prepares every stage; nothing moves yet.
func open(ctx context.Context, o Options) (d *Daemon, err error) {
	d = &Daemon{o: o, log: o.Log, started: time.Now(), relinkAgain: make(chan struct{}, 1), lanes: newLanes(), tryouts: tryouts{queue: make(chan *tryout, 4)}, testing: make(chan struct{}, testAtOnce)}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	cfg := o.Config
	if d.store, err = OpenStore(ctx, cfg.DataDir(), cfg.Location(), d.log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close(context.WithoutCancel(ctx)))
		}
	}()
	d.files.Store(cfg)
	d.seen = d.fingerprint()
	merged, err := d.merge(ctx, cfg)
	if err != nil {
		return nil, err
	}
	d.cfg.Store(merged)
	d.store.muted = func() []string { return d.cfg.Load().Muted }
	d.metrics = newMetrics(d) //nolint:contextcheck // gauges are read when somebody asks, long after
	return d, d.openStages(ctx, merged)
}

func (d *Daemon) openStages(ctx context.Context, cfg *config.Config) error {
	led := d.store.Ledger
	l, err := newLinker(cfg, now())
	if err != nil {
		return err
	}
	if d.understand, err = newUnderstander(ctx, led, l, now, d.log); err != nil {
		return err
	}
	if d.alerting, err = newAlerting(ctx, cfg, led, now, d.log); err != nil {
		return err
	}
	if d.intake, err = newIntake(ctx, led, cfg.Privacy, now); err != nil {
		return err
	}
	f, err := newFetcher(ctx, cfg, d.intake, now, d.log)
	if err != nil {
		return err
	}
	d.fetch.Store(f)
	d.jobs, err = ledger.OpenJobs(ctx, ledger.JobOptions{
		Dir: cfg.DataDir(), Fetch: d.fetchJob, Deliver: func(ctx context.Context, r string) error { return d.dispatch.run(ctx, r) },
		Report: d.reportJob, FetchWorkers: quickPlaces + slowPlaces, DeliverWorkers: 64, Log: d.log,
	})
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	d.dispatch = &dispatcher{
		ledger: led, log: d.log, now: now, dead: d.alerting.escalate,
		again: func(receiver string, at time.Time) { d.deliverAt(ctx, receiver, at) },
		tried: func(state string) { d.metrics.deliveries.WithLabelValues(state).Inc() },
		told:  d.receiverFault,
	}
	_, receivers := cfg.Alerting()
	outlets, broken := outletsOf(receivers, f.egress, picture, d.log)
	d.fault("receivers", broken)
	d.dispatch.set(outlets)
	d.alerting.wake = func(receiver string) { d.deliverAt(ctx, receiver, now()) }
	d.alerting.tell = d.hub.Incident
	d.dispatch.letter = d.letterOf
	if err := d.planReports(ctx, cfg); err != nil {
		return err
	}
	return d.plan(ctx, cfg.Sources)
}

// now is the wall clock in the ledger's precision.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func (d *Daemon) deliverAt(ctx context.Context, receiver string, at time.Time) {
	if err := d.jobs.DeliverAt(ctx, receiver, at); err != nil && ctx.Err() == nil {
		d.log.Error("delivery not queued; the sweep will", "receiver", receiver, "err", err)
	}
}

// receiverFault says at the receiver that it is sent nothing, or again.
func (d *Daemon) receiverFault(receiver string, err error) {
	d.fault("receiver "+receiver, err)
	if err != nil {
		d.log.Error("receiver fails", "receiver", receiver, "err", err)
	}
}

// fetchJob is one pass as the job queue runs it.
func (d *Daemon) fetchJob(ctx context.Context, id string) error {
	src, ok := d.source(id)
	if !ok || src.Paused {
		return nil // gone from the configuration since it was queued
	}
	leave, err := d.lanes.enter(ctx, id)
	if err != nil {
		return err
	}
	if leave == nil {
		return d.jobs.FetchAt(ctx, id, now().Add(slowAgain))
	}
	defer leave()
	state, err := d.fetch.Load().pass(ctx, src, d.count)
	next := later(state.Next, state.NotBefore)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		d.fault("source "+id, err)
		next = now().Add(10 * time.Second)
		d.metrics.passes.WithLabelValues("not_stored").Inc()
	case state.Error != "":
		d.metrics.passes.WithLabelValues("failed").Inc()
	default:
		d.fault("source "+id, nil)
		d.metrics.passes.WithLabelValues("ok").Inc()
	}
	if next.IsZero() {
		next = now().Add(time.Minute)
	}
	return d.jobs.FetchAt(ctx, id, next)
}

// count keeps the numbers of what passes brought.
func (d *Daemon) count(_ mention.Batch, r mention.Receipt) {
	for outcome, n := range map[string]int{"new": r.New, "revised": r.Revised, "unchanged": r.Unchanged, "refused": r.Refused} {
		d.metrics.stored.WithLabelValues(outcome).Add(float64(n))
	}
}

func (d *Daemon) source(id string) (mention.Source, bool) {
	cfg := d.cfg.Load()
	for i := range cfg.Sources {
		if cfg.Sources[i].ID == id {
			return cfg.Sources[i], true
		}
	}
	return mention.Source{}, false
}

// run starts every stage, serves, and stops all in order when ctx is done.
func (d *Daemon) run(ctx context.Context) error {
	listen := d.o.Listen
	if listen == nil {
		var lc net.ListenConfig
		listen = func(ctx context.Context, addr string) (net.Listener, error) { return lc.Listen(ctx, "tcp", addr) }
	}
	listener, err := listen(ctx, d.cfg.Load().Listen())
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	server, err := d.server(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := d.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(fmt.Errorf("daemon: %w", err), listener.Close())
	}
	stages, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	d.startStages(stages, &wg)
	address := d.address(listener)
	served := make(chan error, 2)
	local := address
	if door, err := d.backDoor(ctx, listener); err != nil {
		d.log.Warn("commands will not reach this daemon", "err", err)
	} else if door != nil {
		local = "http://" + door.Addr().String() + trimSlash(d.cfg.Load().Server.BasePath)
		go func() { served <- serveOn(func() error { return server.Serve(door) }) }()
	}
	if err := announce(d.cfg.Load().DataDir(), Running{PID: os.Getpid(), Address: local, Started: d.started.UTC(), Version: d.o.Version, Token: d.secret}); err != nil {
		d.log.Warn("commands will not find this daemon", "err", err)
	}
	go func() { served <- d.serve(server, listener) }()
	d.invite(address)
	if d.o.Ready != nil {
		d.o.Ready(address)
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-served:
	}
	return errors.Join(err, d.stop(context.WithoutCancel(ctx), server, stop, &wg))
}

func (d *Daemon) serve(server *http.Server, l net.Listener) error {
	t := d.cfg.Load().Server.TLS
	return serveOn(func() error {
		if t.CertFile != "" {
			return server.ServeTLS(l, t.CertFile, t.KeyFile)
		}
		return server.Serve(l)
	})
}

// backDoor is where commands on this machine ask when the front door speaks
// TLS or is not on loopback; nil when it can be used itself.
func (d *Daemon) backDoor(ctx context.Context, front net.Listener) (net.Listener, error) {
	addr, ok := front.Addr().(*net.TCPAddr)
	if d.cfg.Load().Server.TLS.CertFile == "" && ok && addr.IP.IsLoopback() {
		return nil, nil //nolint:nilnil // no second door is needed
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", "127.0.0.1:0")
}

func serveOn(serve func() error) error {
	err := serve()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("daemon: serve: %w", err)
}

// stop lets requests end, then jobs, then the stages: what was acknowledged
// is in the ledger before the first of them ends.
func (d *Daemon) stop(ctx context.Context, server *http.Server, stopStages context.CancelFunc, wg *sync.WaitGroup) error {
	d.hub.Close()
	requests, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	err := server.Shutdown(requests)
	if err != nil {
		err = server.Close()
	}
	stopStages()
	work, cancelWork := context.WithTimeout(ctx, 3*time.Second)
	defer cancelWork()
	jobsErr := d.jobs.Stop(work)
	wg.Wait()
	withdraw(d.cfg.Load().DataDir())
	return errors.Join(err, jobsErr)
}

// address is the base URL under which this machine reaches the listener.
func (d *Daemon) address(l net.Listener) string {
	scheme := "http"
	if d.cfg.Load().Server.TLS.CertFile != "" {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return scheme + "://" + l.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port), Path: d.cfg.Load().Server.BasePath}
	return trimSlash(u.String())
}
