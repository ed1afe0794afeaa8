package nlp

// The types of events.
const (
	eventAcquisition   = "acquisition"
	eventPartnership   = "partnership"
	eventApproval      = "approval"
	eventRejection     = "rejection"
	eventAuthorization = "authorization"
	eventTrial         = "trial_result"
	eventLaunch        = "launch"
	eventRecall        = "recall"
	eventLawsuit       = "lawsuit"
	eventExecutive     = "executive_change"
	eventEarnings      = "earnings"
	eventPricing       = "pricing"
	eventFunding       = "funding"
	eventHiring        = "hiring"
)

// An eventRule says when a sentence tells an event: a trigger, with one of
// the words of near beside it, and none of the words of never.
type eventRule struct {
	kind    string
	trigger string // phrases
	near    string // one of these in the sentence; empty means nothing more is needed
	within  int    // words between trigger and near; 0 means the sentence
	never   string // none of these within six words before the trigger or three after it
	avoid   string // none of these anywhere in the sentence
}

const (
	notYet   = "not, never, no, denied, denies, deny, await*, pending, would, may, might, could, if, hopes, hope, rumour*, rumor*, seek*, expects, expected, plans to, intend*, potential, possible"
	askWords = "submit*, submission, request*, vote, votes, voted, application, applications, advisory, seek*, initiate*, rolling, revocation, revoke*, revoked, update on"
)

// eventRules are tried in their order; the first that fits gives the evidence.
func eventRules() []eventRule {
	return []eventRule{
		{
			kind: eventAcquisition, trigger: "to acquire, acquires, will acquire, agreed to buy, agrees to buy, to buy out, buys out, takeover of, takeover bid, take over, merger with, to merge with, merges with, completes merger, buyout of, agreement to purchase",
			never: notYet + ", immunity, resistance, option value", avoid: "pneumonia infection study",
		},
		{
			kind: eventAcquisition, trigger: "acquisition of, acquisition by, acquired by, completes acquisition, completed acquisition, completes the acquisition, completed its acquisition, completed the acquisition, completes tender offer, completed tender offer, tender offer for, announces acquisition",
			never: "data, customer, customers, image, signal, language, user, talent, skill, skills, knowledge, immunity, hospital, community, denied, not, no, never, costs",
		},
		{
			kind: eventAcquisition, trigger: "acquired", near: "company, companies, inc, corp, ltd, plc, stake, shares, business, startup, unit, division, rights, maker, firm, million, billion, therapeutics, pharmaceuticals, biotech, assets, pharma, biosciences, portfolio", within: 8,
			never: "hospital, community, ventilator, resistance, newly, was acquired during, immunity, congenitally, not, never, data, language, disease, pneumonia, immunodeficiency, infection, infections, syndrome, skills, taste, hemophilia",
		},
		{kind: eventRejection, trigger: "complete response letter, complete response letters, crl from, refuse to file, refusal to file, rejects application, negative opinion from the chmp, declined to approve, declines to approve, rejected the application, rejects approval"},
		{
			kind: eventAuthorization, trigger: "emergency use authorization, emergency use authorisation, eua, conditional marketing authorization, conditional marketing authorisation, marketing authorization, authorized for emergency use, authorized by the fda, authorizes, authorises",
			near:   "receive*, received, receives, grant*, granted, grants, issue*, issued, issues, authorize*, authorized, authorizes, expanded, expands, expand*, obtains, secures, wins, won, announces, includes, authorises, gets, clears, approved, for",
			within: 14, avoid: askWords, never: "not, no, never, await*, denied, without",
		},
		{
			kind: eventApproval, trigger: "approves, approved by, approval of, approval for, fda approval, fda approved, receives approval, received approval, receives full, wins approval, wins fda, gets approval, granted approval, grants approval, approval from, ec approval, accelerated approval, regulatory approval, marketing approval, fda clears, receives us, receives u.s, clearance for, full approval, nod for, approved in, approved for, is approved, has approved, was approved, been approved, approved as, approved to",
			near:  "fda, ema, regulator, regulators, commission, european, mhra, pmda, nmpa, health canada, agency, drug, ministry, authorities, drugs, sfda, u.s, us, eu, japan, china, swissmedic, cdsco",
			never: notYet + ", most people, submit*, voters, shareholders, board, investigational, before", avoid: "accepts for review accepted for review complete response letter submits submission positive opinion recommends recommended advisory committee priority review application dividend",
		},
		{
			kind: eventRecall, trigger: "recall of, recalls, recalled, recalling, voluntary recall, nationwide recall, product recall, consumer level recall, voluntary nationwide, issues recall, recall notice, class i recall, class ii recall, recall for, expands recall, recall to include, product recalls, safety recall, recall after, recall over, recall due",
			near:  "lot, lots, batch, batches, product, products, tablet, tablets, capsules, voluntary, voluntarily, nationwide, units, vehicles, cars, fda, contamination, contaminated, defect, defects, consumer, market, bottles, packs, vials, pharmacies, stores, sold, inhalers, devices, pens, injection, creams, drug, drugs, medicine, shelves, models, swings, toys, cans, boxes, syrup, because, due, after, over",
			never: "participants, precision, patients could, total, memory, i, we, staff, voters, election, governor, word, words, ability to, could, free, he, she, people, listeners, viewers, vividly, fondly", avoid: "recall bias total recall",
		},
		{kind: eventRecall, trigger: "withdraw, withdraws, withdrawn, withdrawal of, pulls, pulled", near: "market, global market, markets, shelves, sale", within: 8, never: "symptoms, alcohol, benzodiazepine, not, may, could, would"},
		{
			kind: eventExecutive, trigger: "appoint*, appoints, appointed, appointment, appointments, name*, named, names, elect*, elected, elects, retire*, retires, retirement, retiring, step down, steps down, stepping down, succeed*, succeeds, successor, resign*, resigns, resigned, joins as, new, promote*, promotes, promoted, hires, ousted, replaces, announces, transition, to lead, departs, leaves",
			near: "ceo, chief executive, cfo, chief financial, coo, chief operating, chairman, chairwoman, chairperson, chair of the board, president and, executive chairman, chief scientific, chief medical, chief commercial, executive vice president, board chair, executive officer, chief executives", within: 9,
			never: "not, never, conference, webcast, remarks, said, says, interview", avoid: "to present at to participate webcast conference call",
		},
		{
			kind: eventTrial, trigger: "phase 1, phase 2, phase 3, phase i, phase ii, phase iii, phase 1b, phase 2b, phase 2/3, pivotal, clinical trial, clinical study, late-stage, mid-stage, trial, study",
			near:  "results, topline, top-line, met its, met the, meets, meet primary, primary endpoint, primary endpoints, demonstrated, demonstrates, showed, shows, positive data, fails, failed, missed, misses, significantly, statistically significant, superior, improvement, improved, reduced, interim analysis, discontinues, halts, halted, stopped",
			never: "conference call, to discuss", avoid: "",
		},
		{
			kind: eventLaunch, trigger: "launch*, launched, launches, launching, introduce*, introduces, introduced, unveil*, unveils, unveiled, roll* out, rolls out, rolled out, now available, available today, debut*, goes on sale, hits the shelves, hits shelves, releases",
			near:  "product, products, drug, app, service, version, device, line, model, tablets, brand, platform, new, program, first, market, store, stores, vaccine, treatment, phone, range, today, available, feature, generic, biosimilar",
			never: "investigation, probe, missile, rocket, attack, appeal, inquiry, offensive, tender, review, not, never, may, might, plans to",
		},
		{
			kind: eventLawsuit, trigger: "sue*, sues, sued, suing, lawsuit, lawsuits, class action, files suit, filed suit, jury, verdict, patent infringement, settlement, settles, settled, litigation, plaintiffs, court rules, court ruled, antitrust case, indicted, fined",
			near: "court, judge, company, patent, million, billion, claims, alleging, alleges, over, against, case, cases, federal, damages, trial, shareholders, antitrust, filed, jury", never: "not, never",
		},
		{
			kind: eventEarnings, trigger: "first quarter, first-quarter, second quarter, second-quarter, third quarter, third-quarter, fourth quarter, fourth-quarter, full-year, full year, annual results, quarterly results, q1, q2, q3, q4, earnings per share, profit warning, net income, revenue, revenues, sales guidance",
			near:  "reports, reported, results, announces, profit, earnings, rose, fell, beat, beats, missed, raises, raised, cuts, lowers, guidance, forecast, posted, posts, up, down, growth, grew, declined",
			never: "to report, to announce, will report, to host, to release, to webcast", avoid: "conference call webcast to report to host",
		},
		{
			kind: eventPricing, trigger: "price, prices, pricing, list price, price tag, cost of",
			near: "cut, cuts, cutting, raise*, raised, raises, increase*, increased, increases, hike*, hikes, hiked, lower*, lowered, lowers, reduce*, reduced, reduces, discount*, slashes, slashed, doubles, drops, dropped, capped, cap, caps", within: 5,
			never: "share, stock, oil, target, crude, shares, stocks, gas, not, bitcoin",
		},
		{
			kind: eventFunding, trigger: "series a, series b, series c, series d, series e, funding round, raises $, raised $, seed round, venture funding, initial public offering, ipo, secures funding, financing round, raises funding",
			near: "million, billion, funding, round, led, investors, financing, capital, priced, shares, raises, raised, announces", never: "not, may, could",
		},
		{kind: eventHiring, trigger: "hiring, to hire, will hire, hires, recruiting, recruit*, adds, to add, creates, to create, create", near: "jobs, employees, workers, engineers, scientists, staff, positions, people, roles", within: 6, never: "not, freeze, cuts, patients, trial"},
		{
			kind: eventPartnership, trigger: "collaboration, partnership, partner with, partners with, partnered with, teams up with, team up with, joint venture, license agreement, licensing agreement, licensing deal, license deal, strategic alliance, alliance with, co-develop, co-promote, join forces, joins forces, collaborate with, collaborates with, to collaborate, agreement with, enter into agreement, supply agreement",
			near:  "announce*, announced, announces, sign*, signed, signs, enter*, entered, enters, with, and, expand*, expanded, expands, form*, forms, formed, establish*, new, strategic, global",
			never: "not, ends, ended, terminates, terminated, end", avoid: "",
		},
	}
}
