package nlp

import (
	"strconv"
	"strings"
)

// Business news says good and bad things in words that are neutral elsewhere:
// what counts is what went up or down. No text of that kind may be learned
// from, so it is read by rules.

// A financeReader holds the words of business news.
type financeReader struct{ words *phrases }

const (
	financeGood = iota // better when it rises
	financeBad         // better when it falls
	financeUp
	financeDown
	financeWin  // good by itself
	financeFail // bad by itself
	financeTerm // no meaning of its own
)

func newFinanceReader() *financeReader {
	return &financeReader{newPhrases(
		"profit*, sales, net sales, revenue*, income, earnings, turnover, ebit, ebitda, margin*, orders, order book, order intake, order backlog, demand, market share, share price, shares, stock, dividend, growth, cash flow, volume*, deliveries, exports, guidance, profitability, result, results, eps, production, productivity, efficiency, output, traffic, subscribers, customers",
		"loss*, cost*, debt*, expense*, unemployment, deficit, write-down*, impairment*, liabilities, churn, defaults, inventories, emissions",
		"rose, rise, rises, rising, risen, increase*, increased, increasing, grew, grow, grows, growing, grown, up, climb*, climbed, jump*, jumped, gain*, gained, surge*, surged, soar*, soared, improve*, improved, improving, improvement, higher, doubled, doubles, doubling, tripled, boost*, boosted, exceed*, exceeded, beat, beats, expand*, expanded, expanding, strengthen*, strengthened, accelerate*, accelerated, recovered, rebounded, raise*, raised, swung to profit, record, strong, stronger, highest, outperform*, outperformed",
		"fell, fall, falls, falling, fallen, decrease*, decreased, decreasing, drop*, dropped, dropping, decline*, declined, declining, down, lower, lowered, slip*, slipped, plunge*, plunged, shrank, shrink*, weaken*, weakened, weaker, weak, cut, cuts, cutting, miss*, missed, slump*, slumped, tumble*, tumbled, slid, slide*, reduced, reduction, contracted, shortfall, worsened, deteriorated, narrowed, halved, lowest, underperform*",
		"awarded, wins, won, win a, wins contract, wins order, contract with, signed an agreement, signs agreement, signed a contract, has signed, received an order, receives order, secures, secured, landed, breakthrough, upgraded, upgrade to buy, raised its, new order, large order, frame agreement, cooperation agreement, partnership with, approval, ahead of schedule, good position, well positioned, pleased, back to black",
		"lay off, laid off, layoffs, lay-offs, redundancies, dismissed, job cuts, cut jobs, cutting jobs, personnel reductions, profit warning, warned, warns, bankruptcy, insolvency, lawsuit, recall, strike, suspended, suspend*, downgraded, downgrade to sell, closure, closing down, shut down, terminated, negative, delays, delayed, default, investigation, fined, operating loss, net loss, made a loss, pretax loss, swung to a loss, in the red, shares fell, stock fell, temporary layoffs, negotiations concerning personnel, streamlining",
		"eur, usd, mn, mln, million, billion, bn, percent, pct, quarter, q1, q2, q3, q4, year-on-year, corresponding period, fiscal, company, group, plc, oyj, corp, inc, stake, shareholders, shareholder, board, operating, operating profit, net profit, net, per share, investors, market, business, acquisition, subsidiary, stock exchange, helsinki, unit, analysts, forecast, period, year earlier, compared",
	)}
}

const (
	financeTerms  = 2    // so many different words make business news
	financeWeight = 1.6  // of one thing that rose or fell, in the score of its class
	financeCalm   = 1.6  // for neutral when nothing did
	financeReach  = 8    // words between a thing and its direction
	financeFade   = 0.25 // what is left of the learned scores
)

// read adds what business news means to the scores and to the words. It
// reports whether the text is any, and whether it speaks of business at all.
func (f *financeReader) read(s *scanned, social bool, l *[3]float32, given []float32) (news, business bool) {
	if social || len(s.words) < 5 || len(s.words) > 400 {
		return false, false
	}
	var up, down, good, bad [24]int32
	nUp, nDown, nGood, nBad, terms := 0, 0, 0, 0, 0
	var delta float32
	give := func(i int32, v float32) {
		given[i] += v
		delta += v
	}
	var wins [24]int32
	nWins := 0
	for i := 0; i < len(s.words); {
		to, class, ok := i, uint8(0), s.says[i].lists&onFinance != 0
		if ok {
			to, class, ok = f.words.at(s, i)
		}
		if !ok {
			if s.words[i].kind == kindPunct && s.text[s.words[i].start] == '%' || s.words[i].kind == kindCashtag {
				terms++
			}
			i++
			continue
		}
		at := int32(i)
		switch class {
		case financeGood:
			nGood, terms = push(&good, nGood, at), terms+1
		case financeBad:
			nBad, terms = push(&bad, nBad, at), terms+1
		case financeUp:
			nUp = push(&up, nUp, at)
		case financeDown:
			nDown = push(&down, nDown, at)
		case financeWin:
			nWins = push(&wins, nWins, at+1)
		case financeFail:
			nWins = push(&wins, nWins, -at-1)
			terms++
		default:
			terms++
		}
		i = to
	}
	if terms < financeTerms {
		return false, terms > 0
	}
	for _, d := range up[:nUp] {
		give(d, direction(d, good[:nGood], bad[:nBad]))
	}
	for _, d := range down[:nDown] {
		give(d, -direction(d, good[:nGood], bad[:nBad]))
	}
	for _, w := range wins[:nWins] {
		if w > 0 {
			give(w-1, 0.7*financeWeight)
		} else {
			give(-w-1, -financeWeight)
		}
	}
	if nUp == 0 && nDown == 0 && nGood+nBad > 0 {
		if at, v := compared(s); v != 0 {
			give(at, v*direction(at, good[:nGood], bad[:nBad]))
		}
	}
	for k := range l {
		l[k] *= financeFade
	}
	switch {
	case delta > 0.1:
		l[0] += min(delta, 3)
	case delta < -0.1:
		l[1] += min(-delta, 3)
	default:
		l[2] += financeCalm
	}
	return true, true
}

// direction is what a rise at word d means: good, unless what rose is a cost.
func direction(d int32, good, bad []int32) float32 {
	near := func(list []int32) int32 {
		best := int32(1 << 20)
		for _, i := range list {
			if gap := max(d-i, i-d); gap < best {
				best = gap
			}
		}
		return best
	}
	g, b := near(good), near(bad)
	switch {
	case b < g && b <= financeReach:
		return -financeWeight
	case g <= financeReach:
		return financeWeight
	}
	return 0
}

func push(list *[24]int32, n int, v int32) int {
	if n < len(list) {
		list[n] = v
		n++
	}
	return n
}

var comparisons = setOf("compared", "versus", "against", "vs", "from", "while", "whereas")

// compared finds the amounts on both sides of a comparison: 1 when the first
// is larger, -1 when it is smaller, and the word that compares.
func compared(s *scanned) (at int32, v float32) {
	for i := range s.words {
		if !comparisons.has(s.words[i].key) {
			continue
		}
		before, ok1 := amount(s, i, -1)
		after, ok2 := amount(s, i, 1)
		if !ok1 || !ok2 || before == after {
			continue
		}
		if before > after {
			return int32(i), 1
		}
		return int32(i), -1
	}
	return 0, 0
}

// amount reads the number nearest to word i on one side, with its unit.
func amount(s *scanned, i, step int) (float64, bool) {
	for k := i + step; k >= 0 && k < len(s.words) && k != i+10*step; k += step {
		w := &s.words[k]
		if w.kind != kindNumber {
			continue
		}
		text := strings.ReplaceAll(s.text[w.start:w.end], ",", "")
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || v >= 1980 && v <= 2040 && v == float64(int(v)) {
			continue
		}
		if k+1 < len(s.words) {
			switch string(s.form(&s.words[k+1])) {
			case "mn", "mln", "million", "m":
				v *= 1e6
			case "bn", "billion":
				v *= 1e9
			}
		}
		return v, true
	}
	return 0, false
}
