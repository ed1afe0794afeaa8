// Package alerts tells the right person in time, once, with the reason.
//
// An [Engine] is given the time and what entered the analyzed log, and
// answers with incidents, deliveries and safety flags to be committed in one
// transaction together with its state. It has no clock, no network and no
// index, so that the same code runs live, in tests and over history
// ([Backtest]). A [Notifier] hands one delivery to the outside world.
//
// Matching, which mentions a rule is about, is one query set for all rules.
// Judging is counting over event time, for each rule and group. Safety rules
// stand apart: each flagged mention gives one notice to each receiver, and no
// other mechanism may hold it back.
package alerts
