package mention

import "time"

// A FoundFeed is a feed that belongs to an address.
type FoundFeed struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
	How   string `json:"how" enum:"itself,link,host,path" doc:"named by the page, by the rules of its platform, or tried at a usual path"`
	Items int    `json:"items"`
}

// A SourceTest is what an address turned out to be, read once. Nothing of it
// is stored.
type SourceTest struct {
	Address    string       `json:"address" doc:"as it was asked for"`
	URL        string       `json:"url,omitempty" doc:"where it led"`
	Good       bool         `json:"good" doc:"a source can be made of it"`
	Answer     string       `json:"answer" doc:"what the host answered, in words, with what to do when it is not good"`
	Class      string       `json:"class,omitempty" doc:"of what went wrong"`
	Status     int          `json:"status,omitempty" doc:"of HTTP"`
	Robots     string       `json:"robots,omitempty" doc:"what robots.txt says, in words"`
	Refused    bool         `json:"refused,omitempty" doc:"robots.txt keeps the source away"`
	Type       string       `json:"type,omitempty" enum:"rss,atom,rdf,json,page" doc:"what the address is"`
	Title      string       `json:"title,omitempty"`
	Repaired   string       `json:"repaired,omitempty" doc:"what of a damaged feed had to be"`
	Feeds      []FoundFeed  `json:"feeds,omitempty" doc:"of a page; each was read"`
	Sitemaps   []string     `json:"sitemaps,omitempty" doc:"of a page's host"`
	Cut        string       `json:"cut,omitempty" doc:"what was not looked at for want of time"`
	Gap        Duration     `json:"gap,omitempty" doc:"mean time between two items; left out where it cannot be told"`
	Wait       Duration     `json:"wait,omitempty" doc:"how long the source would rest between two passes"`
	Source     *Source      `json:"source,omitempty" doc:"that would collect it best"`
	YAML       string       `json:"yaml,omitempty" doc:"the source as the configuration file has it"`
	Known      string       `json:"known,omitempty" doc:"id of the source that reads it already"`
	Found      int          `json:"found" doc:"mentions it would bring now"`
	Extraction string       `json:"extraction,omitempty" doc:"where the text comes from, and how much there is"`
	Caught     []BrandCount `json:"caught,omitempty" doc:"brands in what was found, the most frequent first"`
	Items      []TestedItem `json:"items,omitempty" doc:"the first of them"`
}

// A BrandCount is how many texts are about a brand.
type BrandCount struct {
	Brand string `json:"brand"`
	Count int    `json:"count"`
}

// A TestedItem is a mention that a source would bring.
type TestedItem struct {
	Title     string        `json:"title,omitempty"`
	URL       string        `json:"url,omitempty"`
	Author    string        `json:"author,omitempty"`
	Published time.Time     `json:"published,omitzero"`
	Text      string        `json:"text,omitempty" doc:"how it begins"`
	Words     int           `json:"words" doc:"of the whole text"`
	Language  string        `json:"language,omitempty"`
	Status    string        `json:"status,omitempty" doc:"of the analysis, such as unsupported_language"`
	Sentiment string        `json:"sentiment,omitempty"`
	Brands    []TestedBrand `json:"brands,omitempty"`
}

// A TestedBrand is a place where a name of a brand stands, and what was
// decided about it.
type TestedBrand struct {
	Brand   string `json:"brand"`
	Product string `json:"product,omitempty"`
	Words   string `json:"words" doc:"as they stand there"`
	Linked  bool   `json:"linked" doc:"it is the brand that is meant"`
	Why     string `json:"why"`
}

// What becomes of a feed of a list that is imported.
const (
	ImportNew   = "new"
	ImportKnown = "known" // a source reads it already
	ImportTwice = "twice" // it stands in the list before
	ImportFault = "fault"
)

// A SourceImport is what importing a list of feeds adds, or would.
type SourceImport struct {
	New    int            `json:"new"`
	Known  int            `json:"known" doc:"a source reads them already"`
	Twice  int            `json:"twice" doc:"they stand in the list before"`
	Faults int            `json:"faults"`
	Added  bool           `json:"added" doc:"the new ones were added"`
	Feeds  []ImportedFeed `json:"feeds" doc:"in the order of the file"`
}

// An ImportedFeed is one feed of a list.
type ImportedFeed struct {
	Line   int    `json:"line" doc:"of the file"`
	State  string `json:"state" enum:"new,known,twice,fault"`
	ID     string `json:"id,omitempty" doc:"of the source that it becomes, or that reads it already"`
	Title  string `json:"title,omitempty"`
	URL    string `json:"url,omitempty"`
	Folder string `json:"folder,omitempty"`
	Why    string `json:"why,omitempty" doc:"it is not added"`
}
