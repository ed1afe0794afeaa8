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

// A product is what a brand sells; dose is what one counts in a pack.
type product struct {
	name, indication, form, dose string
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
		products: []product{{"Tensivane", "high blood pressure", "tablet", "tablets"}, {"Lumovarin", "migraine", "nasal spray", "sprays"}, {"Noctavane", "insomnia", "capsule", "capsules"}},
	},
	{
		id: Zindalo, name: "Zindalo", company: "Zindalo Care", handle: "@zindalo", cash: "$ZNDL", domain: "zindalo.example", ceo: "Bartel Sorrwyck", role: mention.RoleOwn,
		products: []product{{"Coldrift", "colds", "syrup", "sachets"}, {"Brisanelle", "hay fever", "nose spray", "doses"}, {"Cutalise", "eczema", "ointment", "tubes"}},
	},
	{
		id: Quorvance, name: "Quorvance", company: "Quorvance Bio", handle: "@quorvance", cash: "$QRVC", domain: "quorvance.example", ceo: "Hesper Lindova", role: mention.RoleCompetitor,
		products: []product{{"Glyquora", "type 2 diabetes", "pen", "pens"}, {"Pellaquin", "weight loss", "weekly pen", "pens"}, {"Halvisett", "migraine", "tablet", "tablets"}, {"Aeroluma", "asthma", "inhaler", "puffs"}},
	},
	{
		id: Haldenbrook, name: "Haldenbrook", company: "Haldenbrook Group", handle: "@haldenbrook", cash: "$HDBK", domain: "haldenbrook.example", ceo: "Casimir Ruklund", role: mention.RoleCompetitor,
		products: []product{{"Inhalvo", "asthma", "inhaler", "puffs"}, {"Mirtolane", "depression", "capsule", "capsules"}, {"Tonavelle", "high blood pressure", "tablet", "tablets"}, {"Pollenta", "hay fever", "tablet", "tablets"}, {"Lissovar", "weight loss", "tablet", "tablets"}},
	},
	{
		id: Teasel, name: "Teasel", company: "Teasel Therapeutics", handle: "@teaselrx", cash: "$TSLX", domain: "teasel-therapeutics.example", ceo: "Juno Thornmereth", role: mention.RoleCompetitor,
		products: []product{{"Dormiquel", "insomnia", "drops", "doses"}, {"Oxendra", "eczema", "cream", "tubes"}, {"Nasquilla", "colds", "lozenge", "lozenges"}, {"Belquira", "depression", "tablet", "tablets"}, {"Sucrevane", "type 2 diabetes", "tablet", "tablets"}},
		context: &mention.Context{
			Any:    []string{"Dormiquel", "Oxendra", "Nasquilla", "Belquira", "Sucrevane", "Therapeutics", "pharma", "insomnia", "eczema", "drops", "cream", "medicine", "shares", "trial", "price", "study", "plant", "chief executive", "hotline", "patients", "company", "board"},
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

// rival returns the product of another brand for the same complaint: every
// complaint has two.
func (s subject) rival() subject {
	for i := range cast {
		for j := range cast[i].products {
			if p := &cast[i].products[j]; p.indication == s.product.indication && p.name != s.product.name {
				return subject{&cast[i], p}
			}
		}
	}
	panic("demo: no rival of " + s.product.name)
}

// about fills the pen's slots.
func (p *pen) about(s subject) {
	rival := s.rival()
	name, rivalName := s.brand.name, rival.brand.name
	if s.brand.id == Teasel || p.rng.IntN(5) == 0 {
		name = s.brand.company
	}
	if rival.brand.id == Teasel {
		rivalName = rival.brand.company
	}
	p.fill = [slotCount]string{
		slotBrand: name, slotProduct: s.product.name, slotIndication: s.product.indication, slotForm: s.product.form, slotDose: s.product.dose,
		slotHandle: s.brand.handle, slotTag: "#" + s.product.name, slotCash: s.brand.cash, slotCEO: s.brand.ceo, slotDomain: s.brand.domain,
		slotRival: rivalName, slotRivalProduct: rival.product.name,
	}
}

// anySubject picks what ambient talk is about.
func (p *pen) anySubject() subject {
	b := &cast[weighted(p.rng, 26, 18, 23, 19, 14)]
	// The first products of a brand are its best known ones.
	return subject{b, &b.products[weighted(p.rng, []int{5, 4, 2, 1, 1}[:len(b.products)]...)]}
}
