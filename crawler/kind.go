package crawler

import (
	"errors"
	"fmt"
	"slices"

	"earshot/mention"
)

// A kind is what is known of one kind of source.
type kind struct {
	name  mention.SourceKind
	check func(*mention.Source) []error // what it needs beside [mention.Source.Faults]; nil for nothing
	make  func(mention.Source, Options) Collector

	platform *platform // nil for what is no public API
}

// kinds is every kind there is: the one place that a new one is told to.
func kinds() []kind {
	return []kind{
		{name: mention.SourceFeed, check: wantsURL, make: func(s mention.Source, o Options) Collector { return newFeed(s, o) }},
		{name: mention.SourceSite, check: wantsURL, make: func(s mention.Source, o Options) Collector { return newSite(s, o) }},
		{name: mention.SourcePage, check: wantsURL, make: func(s mention.Source, o Options) Collector { return newPage(s, o) }},
		{name: "drop", check: checkDrop, make: func(s mention.Source, o Options) Collector { return newDrop(s, o) }},
		hackerNews.kind("hackernews"),
		reddit.kind("reddit"),
		mastodon.kind("mastodon"),
		bluesky.kind("bluesky"),
		{name: "jetstream", check: checkJetstream, make: func(s mention.Source, o Options) Collector { return newJetstream(s, o) }},
		youTube.kind("youtube"),
		gdelt.kind("gdelt"),
		googleNews.kind("googlenews"),
		appStore.kind("appstore"),
		openFDA.kind("openfda"),
		pubMed.kind("pubmed"),
		clinicalTrials.kind("clinicaltrials"),
	}
}

// Kinds lists the kinds of sources that can be configured.
func Kinds() []mention.SourceKind {
	var names []mention.SourceKind
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func kindOf(name mention.SourceKind) (kind, bool) {
	list := kinds()
	i := slices.IndexFunc(list, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return list[i], true
}

// Faults returns everything that is wrong with a source.
func Faults(src *mention.Source) []error {
	errs := src.Faults()
	k, known := kindOf(src.Kind)
	switch {
	case src.Kind == "":
		errs = append(errs, fmt.Errorf("kind is missing; one of %v", Kinds()))
	case !known:
		text := fmt.Sprintf("kind %q is none of %v", src.Kind, Kinds())
		var names []string
		for _, k := range Kinds() {
			names = append(names, string(k))
		}
		if near := mention.Nearest(string(src.Kind), names); near != "" {
			text += "; did you mean " + near + "?"
		}
		errs = append(errs, errors.New(text))
	case k.check != nil:
		errs = append(errs, k.check(src)...)
	}
	if src.Kind != "drop" && (src.Dir != "" || src.Format != "" || len(src.Columns) > 0) {
		errs = append(errs, errors.New("kind: dir, format and columns are for a drop"))
	}
	return errs
}

func wantsURL(src *mention.Source) []error {
	var errs []error
	if src.URL == "" {
		errs = append(errs, errors.New("url is missing"))
	}
	if src.Kind == mention.SourceSite {
		errs = append(errs, checkFields(&src.Fields)...)
	} else if src.Sitemap != "" || src.Lists != 0 || src.Comments || src.Fields != (mention.Fields{}) {
		errs = append(errs, errors.New("kind: sitemap, lists, comments and fields are for a site"))
	}
	if !src.Query.IsZero() || len(src.In) > 0 {
		errs = append(errs, fmt.Errorf("query: a %s is read whole; query and in are for public APIs", src.Kind))
	}
	return errs
}
