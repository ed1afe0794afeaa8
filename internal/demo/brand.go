package demo

import "earshot/mention"

// The ids of the brands.
const (
	Velmora     = "velmora"     // own; its Tensivane is recalled, its Lumovarin was launched weeks ago
	Zindalo     = "zindalo"     // own, consumer health
	Quorvance   = "quorvance"   // competitor; its price page is watched
	Haldenbrook = "haldenbrook" // competitor
	Teasel      = "teasel"      // competitor named like a plant
)

// A product is what a brand sells.
type product struct {
	name, indication, form string
}

// A brand is one of the cast.
type brand struct {
	id, name, company, handle, cash, domain, ceo string

	role     mention.Role
	products []product
	context  *mention.Context
}

// The cast, own brands first. A product's place is known to the stories.
var cast = []brand{
	{
		id: Velmora, name: "Velmora", company: "Velmora Pharma", handle: "@velmora", cash: "$VLMO", domain: "velmora.example", ceo: "Ottilie Farnquist", role: mention.RoleOwn,
		products: []product{{"Tensivane", "high blood pressure", "tablet"}, {"Lumovarin", "migraine", "nasal spray"}},
	},
	{
		id: Zindalo, name: "Zindalo", company: "Zindalo Care", handle: "@zindalo", cash: "$ZNDL", domain: "zindalo.example", ceo: "Bartel Sorrwyck", role: mention.RoleOwn,
		products: []product{{"Coldrift", "colds", "syrup"}, {"Brisanelle", "hay fever", "nose spray"}},
	},
	{
		id: Quorvance, name: "Quorvance", company: "Quorvance Bio", handle: "@quorvance", cash: "$QRVC", domain: "quorvance.example", ceo: "Hesper Lindova", role: mention.RoleCompetitor,
		products: []product{{"Glyquora", "type 2 diabetes", "pen"}, {"Pellaquin", "weight loss", "weekly pen"}},
	},
	{
		id: Haldenbrook, name: "Haldenbrook", company: "Haldenbrook Group", handle: "@haldenbrook", cash: "$HDBK", domain: "haldenbrook.example", ceo: "Casimir Ruklund", role: mention.RoleCompetitor,
		products: []product{{"Inhalvo", "asthma", "inhaler"}, {"Mirtolane", "depression", "capsule"}},
	},
	{
		id: Teasel, name: "Teasel", company: "Teasel Therapeutics", handle: "@teaselrx", cash: "$TSLX", domain: "teasel-therapeutics.example", ceo: "Juno Thornmereth", role: mention.RoleCompetitor,
		products: []product{{"Dormiquel", "insomnia", "drops"}, {"Oxendra", "eczema", "cream"}},
		context: &mention.Context{
			Any:    []string{"Dormiquel", "Oxendra", "Therapeutics", "pharma", "insomnia", "eczema", "drops", "cream", "medicine", "shares", "trial", "price", "study", "plant", "chief executive", "hotline", "patients", "company", "board"},
			None:   []string{"garden", "thistle", "goldfinches", "seeds", "allotment", "fence", "combs", "slugs", "borage", "reed", "bees"},
			Within: 40,
		},
	},
}

func brandNamed(id string) *brand {
	for i := range cast {
		if cast[i].id == id {
			return &cast[i]
		}
	}
	panic("demo: no brand " + id)
}

// A subject is what a text is about: a brand with one of its products, and a
// rival with one of its own.
type subject struct {
	brand   *brand
	product *product
}

// about fills the pen's slots. The rival is of another company, and never one
// of our own when the subject is not, so that talk about a rival adds nothing
// to the own brands' stories.
func (p *pen) about(s subject) {
	rivals := cast[2:]
	rival := &rivals[p.rng.IntN(len(rivals))]
	for rival == s.brand {
		rival = &rivals[p.rng.IntN(len(rivals))]
	}
	name := s.brand.name
	if s.brand.id == Teasel || p.rng.IntN(5) == 0 {
		name = s.brand.company
	}
	rivalName := rival.name
	if rival.id == Teasel {
		rivalName = rival.company
	}
	p.fill = [slotCount]string{
		slotBrand: name, slotProduct: s.product.name, slotIndication: s.product.indication, slotForm: s.product.form,
		slotHandle: s.brand.handle, slotTag: "#" + s.product.name, slotCash: s.brand.cash, slotCEO: s.brand.ceo, slotDomain: s.brand.domain,
		slotRival: rivalName, slotRivalProduct: rival.products[p.rng.IntN(len(rival.products))].name,
	}
}

// anySubject picks what ambient talk is about.
func (p *pen) anySubject() subject {
	b := &cast[weighted(p.rng, 26, 18, 23, 19, 14)]
	return subject{b, &b.products[p.rng.IntN(len(b.products))]}
}
