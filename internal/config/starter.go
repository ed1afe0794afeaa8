package config

// Starter is the commented configuration that `earshot init` writes. It is
// valid as it stands.
const Starter = `# earshot: what to listen for, where, and whom to tell.
# Check it with: earshot check earshot.yaml
version: 1
zone: UTC                       # days and weeks are told in this zone, such as Europe/Zurich

brands:
  - id: acme
    name: Acme                  # whole words, any case; also every alias
    role: own                   # own, competitor, or peer (another sector, to learn from)
    aliases: ["Acme Inc"]
    handles: ["@acme", "#acme"]
    products: ["Rocketol"]
    domains: ["acme.example"]   # its own channels: what it says, not what is said about it
  - id: globex
    name: Globex
    role: competitor
    # An ambiguous name is decided by the words around it:
    # context: {any: ["pharma", "drug"], none: ["film"], within: 30}

sources:
  # Without "every" a source's own rhythm decides how often it is asked.
  - {id: fda-press, kind: feed, url: "https://www.fda.gov/about-fda/contact-fda/stay-informed/rss-feeds/press-releases/rss.xml"}
  # - {id: globex-news, kind: site, url: "https://globex.example/news/", follow: "/news/", depth: 2, brand: globex}
  # - {id: globex-prices, kind: page, url: "https://globex.example/pricing", select: main, brand: globex, every: 6h}

labels:                         # saved queries, matched to every mention
  - {id: side-effects, query: '"side effect*" OR (reaction NEAR/5 (drug OR vaccine))'}

rules:
  - id: safety                  # anything that looks like an adverse event
    kind: safety
    notify: []                  # ids of receivers
  - id: own-crisis
    match: 'brand:acme AND sentiment:negative'
    kind: threshold
    count: 10
    window: 1h
    severity: crisis
    notify: []

receivers: []
  # - {id: crisis-hook, kind: webhook, url: "https://hooks.example/earshot", secret_file: /etc/earshot/hook.secret}
  # - {id: desk, kind: email, to: ["desk@acme.example"], from: "earshot@acme.example", smtp: {host: mail.acme.example}}

fetch:
  user_agent: "earshot (+https://acme.example/contact)"   # say who you are to the sites you read
storage:
  dir: ./data
  keep: {mentions: 400d, captures: 30d}
server:
  listen: "127.0.0.1:8080"      # beyond loopback it wants tokens
`
