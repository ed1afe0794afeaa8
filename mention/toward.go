package mention

// activities returns the types of what companies did in r, each once: of its
// events, and of what a watched page changed.
func (r *Record) activities() []string {
	var list []string
	if c := r.Mention.PageChange; c != nil {
		list = appendNew(list, c.Type)
	}
	for i := range r.Analysis.Events {
		list = appendNew(list, r.Analysis.Events[i].Type)
	}
	return list
}

// Toward returns the label of what r says of a brand, or with product set of
// that product of it: empty when it was not scored.
//
// What a person corrected or an import states of the whole mention holds for
// all its brands. What was found of the brand itself wins over what was found
// of its products: where these differ it is [Mixed]. A brand that has no
// sentiment of its own has that of the mention.
func (r *Record) Toward(brand, product string) string {
	if l := r.Curation.Sentiment; l != "" {
		return l
	}
	if g := r.Mention.Given; g != nil && g.Sentiment != "" {
		return g.Sentiment
	}
	var own, parts string
	for i := range r.Linking.Brands {
		b := &r.Linking.Brands[i]
		if b.Sentiment == nil || b.Brand != brand && product == "" || product != "" && b.Product != product {
			continue
		}
		switch b.Product {
		case product:
			own = joinLabels(own, b.Sentiment.Label)
		default:
			parts = joinLabels(parts, b.Sentiment.Label)
		}
	}
	switch {
	case own != "":
		return own
	case parts != "":
		return parts
	case r.Analysis.Sentiment != nil:
		return r.Analysis.Sentiment.Label
	}
	return ""
}

// towards lists what row says of its brands and products, where it was
// scored; no text in a language without a model was.
func (r *Record) towards(row *Row) []string {
	if row.Sentiment == "" && row.Status == StatusUnsupported {
		return nil
	}
	var list []string
	for _, brand := range row.Brands {
		if label := r.Toward(brand, ""); label != "" {
			list = append(list, TowardBrand(brand, label))
		}
	}
	for _, product := range row.Products {
		if label := r.Toward("", product); label != "" {
			list = append(list, TowardProduct(product, label))
		}
	}
	return list
}

// TowardBrand returns the value of [Row.Toward] that tells a sentiment towards
// a brand, as in "acme:negative".
func TowardBrand(brand, label string) string { return brand + ":" + label }

// TowardProduct is [TowardBrand] for a product, as in
// "product/widget:negative"; no id of a brand has a slash.
func TowardProduct(product, label string) string { return towardProduct + product + ":" + label }

const towardProduct = "product/"

func joinLabels(a, b string) string {
	if a == "" || a == b {
		return b
	}
	return Mixed
}
