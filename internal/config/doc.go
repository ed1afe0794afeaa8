// Package config reads the one configuration of earshot: a file, the files of
// conf.d beside it, and the rule files it names.
//
// Each package defines its own part and says what is wrong with it; this one
// puts the parts together, refuses keys that nobody reads, checks what refers
// to what, and tells every fault at once with its file, line, column, the line
// itself and a hint.
package config
