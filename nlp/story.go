package nlp

import (
	"math"
	"slices"
	"sync"
	"time"
)

// StoryOptions bound what a [Stories] remembers.
type StoryOptions struct {
	Window time.Duration // how long a story stays open for more of its event after its last text; 0 means 72h
	Texts  int           // how many texts are remembered for near copies; 0 means 30,000
}

// Stories groups texts that are near copies of each other or tell the same
// event. The answer for a text depends on earlier ones alone and never
// changes. It may be used by several goroutines; the order of their calls is
// the order of the texts.
type Stories struct {
	o   StoryOptions
	idf *lexicon

	mu       sync.Mutex
	scan     scanned
	copies   map[uint32][]int32 // sketch value → slots
	sketches []sketched         // a ring
	next     int
	stories  map[string]*storyBag
	terms    map[uint64][]*storyBag
	order    []*storyBag // by first text, for forgetting
	born     int
	seen     map[uint64]int32 // in how many texts a word stood
	texts    int
}

// A sketched is a remembered text: the least hashes of its word sequences.
type sketched struct {
	id, story string
	sketch    []uint32
	shingles  int
}

// A storyBag is the words of an open story.
type storyBag struct {
	id     string
	words  map[uint64]float32
	square float64 // of the length of words
	texts  int
	last   time.Time
	born   int // how many stories there were before it
}

const (
	shingleWords  = 5
	sketchSize    = 64
	minShingles   = 6    // below it a text has no copies
	longText      = 22   // sequences from which a text is more than a headline
	copyShare     = 0.40 // of the sequences of the shorter text that must be in the longer one
	maxPostings   = 400  // slots of one sketch value that are looked at
	maxStories    = 4000 // open ones
	maxStoryWords = 120
	maxBagWords   = 24 // of one text
	sameEvent     = 0.50
	sameHeadline  = 0.06 // for a story of many texts
	youngHeadline = 0.30 // for one of a single text
	nearlyEqual   = 0.80 // for what has few words
	fewWords      = 5    // telling words from which a text is more than a handful
	minShared     = 2    // words, with a story that has not grown
	grownStory    = 4    // texts from which a story's words are known
	largeStory    = 8    // texts from which a few words are enough for it
	bothStories   = 0.22 // a headline so near to two stories makes them one
	everyText     = 0.5  // a word in more of the texts than this says less and less
	signatureV1   = 1
	maxSeen       = 200_000 // words that are counted
)

// NewStories makes an empty memory of stories.
func NewStories(o StoryOptions) *Stories {
	if o.Window <= 0 {
		o.Window = 72 * time.Hour
	}
	if o.Texts <= 0 {
		o.Texts = 30_000
	}
	idf, err := wordFrequencies()
	if err != nil {
		idf = newLexicon(1) // every word counts the same
	}
	return &Stories{o: o, idf: idf, copies: map[uint32][]int32{}, stories: map[string]*storyBag{}, terms: map[uint64][]*storyBag{}, seen: map[uint64]int32{}}
}

// Assign gives the story of a text: its own id if it is the first of a story.
// The signature is what [Stories.Restore] needs to remember the text again.
func (s *Stories) Assign(id, title, text string, at time.Time) (story string, signature []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.digest(title, text)
	story = s.copyOf(&d)
	if story == "" {
		story = s.eventOf(&d, at)
	}
	if story == "" {
		story = id
	}
	s.remember(id, story, &d, at)
	return story, d.encode()
}

// Restore remembers a text that an earlier run assigned to a story. What it
// cannot read it leaves out.
func (s *Stories) Restore(id, story string, at time.Time, signature []byte) {
	d, ok := decodeDigest(signature)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remember(id, story, &d, at)
}

// A digest is what is compared of a text.
type digest struct {
	sketch   []uint32
	shingles int
	bag      []bagWord // weightiest first, of length 1
}

type bagWord struct {
	key    uint64
	weight float32
}

func (s *Stories) digest(title, text string) digest {
	var d digest
	bag := map[uint64]float32{}
	s.scan.scan(title)
	s.addWords(bag, 1, 40)
	keys := s.keys(nil)
	if text != "" && text != title {
		s.scan.scan(text)
		body := s.keys(nil)
		long := len(body) >= minShingles+shingleWords
		switch {
		case len(bag) == 0 && !long:
			s.addWords(bag, 1, 40)
		case len(bag) >= fewWords || len(bag) > 0 && len(body) >= longText+shingleWords:
			s.addWords(bag, 0.3, 30)
		case len(bag) > 0: // the title alone says too little
			s.addWords(bag, 1, 30)
		}
		if long || len(body) > len(keys) {
			keys = body
		}
	}
	d.sketch, d.shingles = sketch(keys)
	d.bag = weighed(bag)
	return d
}

// keys appends the keys of the words of the scanned text.
func (s *Stories) keys(dst []uint64) []uint64 {
	for i := range s.scan.words {
		if w := &s.scan.words[i]; w.kind == kindWord || w.kind == kindNumber || w.kind == kindHashtag {
			dst = append(dst, w.key)
		}
	}
	return dst
}

// addWords adds the first words of the scanned text to a bag.
func (s *Stories) addWords(bag map[uint64]float32, by float32, most int) {
	n := 0
	for i := range s.scan.words {
		w := &s.scan.words[i]
		if w.kind != kindWord && w.kind != kindNumber && w.kind != kindHashtag && w.kind != kindCashtag {
			continue
		}
		if n++; n > most {
			return
		}
		weight := float32(9)
		if v, ok := s.idf.find(w.key); ok {
			weight = float32(v) / 12
		}
		if weight < 2.2 {
			continue // everybody says it
		}
		k := stem(s.scan.form(w))
		bag[k] = max(bag[k], by*weight)
	}
}

// copyOf returns the story of the text that d is most a copy of.
func (s *Stories) copyOf(d *digest) string {
	if len(d.sketch) == 0 {
		return ""
	}
	shared := map[int32]int{}
	for _, h := range d.sketch {
		list := s.copies[h]
		for _, slot := range list[max(0, len(list)-maxPostings):] {
			shared[slot]++
		}
	}
	best, at := float64(copyShare), int32(-1)
	for slot, n := range shared {
		if n < 3 {
			continue
		}
		if c := containment(d.sketch, d.shingles, &s.sketches[slot]); c > best || c == best && (at < 0 || slot < at) {
			best, at = c, slot
		}
	}
	if at < 0 {
		return ""
	}
	return s.sketches[at].story
}

// containment estimates which share of the smaller text's sequences the
// larger one has: below the least of the two largest values both sketches are
// complete.
func containment(a []uint32, sizeA int, b *sketched) float64 {
	bound := min(a[len(a)-1], b.sketch[len(b.sketch)-1])
	if sizeA <= len(a) {
		bound = max(bound, b.sketch[len(b.sketch)-1])
	}
	if b.shingles <= len(b.sketch) {
		bound = max(bound, a[len(a)-1])
	}
	i, j, na, nb, both := 0, 0, 0, 0, 0
	for i < len(a) || j < len(b.sketch) {
		switch {
		case j == len(b.sketch) || i < len(a) && a[i] < b.sketch[j]:
			if a[i] <= bound {
				na++
			}
			i++
		case i == len(a) || b.sketch[j] < a[i]:
			if b.sketch[j] <= bound {
				nb++
			}
			j++
		default:
			if a[i] <= bound {
				na, nb, both = na+1, nb+1, both+1
			}
			i, j = i+1, j+1
		}
	}
	if less := min(na, nb); less >= 4 {
		return float64(both) / float64(less)
	}
	return 0
}

// eventOf returns the open story that tells the same event.
func (s *Stories) eventOf(d *digest, at time.Time) string {
	scores := map[*storyBag]float32{}
	common := map[*storyBag]int{}
	for _, w := range d.bag {
		telling := s.telling(w.key)
		for _, b := range s.terms[w.key] {
			scores[b] += telling * w.weight * b.words[w.key]
			common[b]++
		}
	}
	var best, next *storyBag
	var top, second float64
	for b, dot := range scores {
		if s.closed(b, at) || common[b] < minShared && (d.shingles >= longText || b.texts < grownStory) {
			continue
		}
		c := float64(dot) / math.Sqrt(b.square)
		least := leastAlike(d, b)
		switch {
		case c < least:
		case best == nil || c > top || c == top && b.id < best.id:
			best, top, next, second = b, c, best, top
		case next == nil || c > second || c == second && b.id < next.id:
			next, second = b, c
		}
	}
	if best == nil {
		return ""
	}
	if next != nil && d.shingles < longText && second >= bothStories {
		return s.merge(best, next).id
	}
	return best.id
}

// leastAlike is how near a text must be to a story to belong to it. What is
// of few words must be nearly equal; a headline may be further off the more
// texts the story has, as those know more words of it.
func leastAlike(d *digest, b *storyBag) float64 {
	switch {
	case len(d.bag) < fewWords && b.texts < largeStory || len(b.words) < fewWords:
		return nearlyEqual
	case d.shingles >= longText:
		return sameEvent
	default:
		return max(sameHeadline, youngHeadline/float64(b.texts))
	}
}

// merge makes one open story of two that a headline belongs to both: the
// older goes on, the younger takes no more texts.
func (s *Stories) merge(a, b *storyBag) *storyBag {
	if b.born < a.born {
		a, b = b, a
	}
	for k, w := range b.words {
		s.addWord(a, k, w)
	}
	a.texts += b.texts
	if b.last.After(a.last) {
		a.last = b.last
	}
	s.order = slices.DeleteFunc(s.order, func(x *storyBag) bool { return x == b })
	s.forget(b)
	return a
}

func (s *Stories) addWord(b *storyBag, key uint64, w float32) {
	old, ok := b.words[key]
	if !ok {
		if len(b.words) >= maxStoryWords {
			return
		}
		s.terms[key] = append(s.terms[key], b)
	}
	b.words[key] = old + w
	b.square += float64((old+w)*(old+w) - old*old)
}

// telling is how much a word still says: what every other text of the stream
// has, as the name that is watched, tells no events apart.
func (s *Stories) telling(key uint64) float32 {
	n := s.seen[key]
	if n < 20 {
		return 1
	}
	share := float64(n) / float64(s.texts)
	return float32(min(1, math.Log(share)/math.Log(everyText)))
}

func (s *Stories) closed(b *storyBag, at time.Time) bool {
	if at.IsZero() || b.last.IsZero() {
		return false
	}
	d := at.Sub(b.last)
	return d > s.o.Window || d < -s.o.Window
}

// remember keeps a text for the comparison with later ones.
func (s *Stories) remember(id, story string, d *digest, at time.Time) {
	if len(d.sketch) > 0 {
		s.keepSketch(sketched{id: id, story: story, sketch: d.sketch, shingles: d.shingles})
	}
	b := s.stories[story]
	if b == nil {
		if len(s.order) >= maxStories {
			s.forget(s.order[0])
			s.order = s.order[1:]
		}
		s.born++
		b = &storyBag{id: story, words: map[uint64]float32{}, born: s.born}
		s.stories[story] = b
		s.order = append(s.order, b)
	}
	b.texts++
	if at.After(b.last) {
		b.last = at
	}
	if s.texts++; len(s.seen) > maxSeen { // begin anew: what matters comes back soon
		clear(s.seen)
		s.texts = 1
	}
	for _, w := range d.bag {
		s.seen[w.key]++
		s.addWord(b, w.key, w.weight)
	}
}

func (s *Stories) keepSketch(k sketched) {
	if len(s.sketches) < s.o.Texts {
		s.sketches = append(s.sketches, k)
		s.next = len(s.sketches) - 1
	} else {
		s.next = (s.next + 1) % len(s.sketches)
		s.dropSketch(int32(s.next))
		s.sketches[s.next] = k
	}
	for _, h := range k.sketch {
		s.copies[h] = append(s.copies[h], int32(s.next))
	}
}

func (s *Stories) dropSketch(slot int32) {
	for _, h := range s.sketches[slot].sketch {
		list := slices.DeleteFunc(s.copies[h], func(x int32) bool { return x == slot })
		if len(list) == 0 {
			delete(s.copies, h)
		} else {
			s.copies[h] = list
		}
	}
}

// forget closes a story for good.
func (s *Stories) forget(b *storyBag) {
	for k := range b.words {
		list := slices.DeleteFunc(s.terms[k], func(x *storyBag) bool { return x == b })
		if len(list) == 0 {
			delete(s.terms, k)
		} else {
			s.terms[k] = list
		}
	}
	delete(s.stories, b.id)
}
