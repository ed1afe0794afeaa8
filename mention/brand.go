package mention

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A Role says what a brand is to the people who watch it.
type Role string

// The roles. A peer is of another sector, to learn from.
const (
	RoleOwn        Role = "own"
	RoleCompetitor Role = "competitor"
	RolePeer       Role = "peer"
)

// A Brand is a watched name.
type Brand struct {
	ID       string        `yaml:"id" json:"id"`
	Name     string        `yaml:"name" json:"name"`                     // whole words, any case; also every alias
	Role     Role          `yaml:"role,omitempty" json:"role,omitempty"` // empty means competitor
	Aliases  []string      `yaml:"aliases,omitempty" json:"aliases,omitempty"`
	Exact    []string      `yaml:"exact,omitempty" json:"exact,omitempty"`       // only in this case and spelling
	Handles  []string      `yaml:"handles,omitempty" json:"handles,omitempty"`   // with their sigil: @pfizer #pfizer $PFE
	Products []ProductName `yaml:"products,omitempty" json:"products,omitempty"` // a plain string is a name alone
	Domains  []string      `yaml:"domains,omitempty" json:"domains,omitempty"`   // its own channels
	Former   []string      `yaml:"former,omitempty" json:"former,omitempty"`     // former names
	Context  *Context      `yaml:"context,omitempty" json:"context,omitempty"`
}

// A ProductName is what a brand sells, counted on its own. Its ID is the name
// in lower case when the file gives none.
type ProductName struct {
	ID         string   `yaml:"id,omitempty" json:"id"`
	Name       string   `yaml:"name" json:"name"`
	Aliases    []string `yaml:"aliases,omitempty" json:"aliases,omitempty"`
	Indication string   `yaml:"indication,omitempty" json:"indication,omitempty"`
}

// Context decides an ambiguous name by the words around it.
type Context struct {
	Any    []string `yaml:"any,omitempty" json:"any,omitempty"`       // one of these must be near
	None   []string `yaml:"none,omitempty" json:"none,omitempty"`     // none of these may be near
	Within int      `yaml:"within,omitempty" json:"within,omitempty"` // tokens, same field; 0 means the whole field
}

// Faults returns everything that is wrong with b.
func (b *Brand) Faults() []error {
	var errs []error
	if err := checkID(b.ID); err != nil {
		errs = append(errs, err)
	}
	if b.Name == "" {
		errs = append(errs, errors.New("name is missing"))
	}
	switch b.Role {
	case "", RoleOwn, RoleCompetitor, RolePeer:
	default:
		errs = append(errs, fmt.Errorf("role %q is none of own, competitor, peer", b.Role))
	}
	for i := range b.Products {
		if b.Products[i].Name == "" {
			errs = append(errs, fmt.Errorf("products[%d]: name is missing", i))
		}
	}
	if b.Context != nil && b.Context.Within < 0 {
		errs = append(errs, fmt.Errorf("context: within %d is negative", b.Context.Within))
	}
	return errs
}

// A Label is a saved query, matched to every mention.
type Label struct {
	ID         string `yaml:"id" json:"id"`
	Query      string `yaml:"query" json:"query"`
	Name       string `yaml:"name,omitempty" json:"name,omitempty"`
	Department string `yaml:"department,omitempty" json:"department,omitempty"`
	Playbook   string `yaml:"playbook,omitempty" json:"playbook,omitempty"`
}

// A Department answers for labels.
type Department struct {
	ID            string   `yaml:"id" json:"id"`
	Name          string   `yaml:"name,omitempty" json:"name,omitempty"`
	RespondWithin Duration `yaml:"respond_within,omitempty" json:"respond_within,omitempty"`
	Receivers     []string `yaml:"receivers,omitempty" json:"receivers,omitempty"`
}

// checkID refuses ids that would not survive a query, a URL or a file name.
func checkID(id string) error {
	if id == "" {
		return errors.New("id is missing")
	}
	if len(id) > 100 {
		return fmt.Errorf("id is %d bytes long; at most 100", len(id))
	}
	for _, c := range id {
		if c <= ' ' || c == 0x7f || c == '/' || c == '"' || c == '*' || c == '?' || c == '(' || c == ')' {
			return fmt.Errorf("id %q has %q in it; use letters, digits, dash, underscore or dot", id, c)
		}
	}
	return nil
}

// CheckID reports what is wrong with an id of a brand, source, label, rule or
// receiver, or nil.
func CheckID(id string) error { return checkID(id) }

// UnmarshalText reads a product given as a plain name.
func (p *ProductName) UnmarshalText(text []byte) error {
	*p = ProductName{Name: string(text)}
	return nil
}

// UnmarshalJSON reads a product given as a plain name or as an object.
func (p *ProductName) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*p = ProductName{}
		return json.Unmarshal(data, &p.Name)
	}
	type plain ProductName
	return json.Unmarshal(data, (*plain)(p))
}

// Key returns the product's id: ID, else the name in lower case.
func (p *ProductName) Key() string {
	if p.ID != "" {
		return p.ID
	}
	return strings.ToLower(p.Name)
}
