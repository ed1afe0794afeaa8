// Package nlp says what a text is about and what it says.
//
// An [Analyzer] finds the language, names, the watched brands, how the text
// speaks of each of them and why, events, and whether it looks like the report
// of an adverse event. [Stories] groups texts that tell the same thing.
//
// Everything that is reported points into the text as it was given: spans are
// bytes of the title or the text. Any bytes at all are allowed as input; time
// and memory are bounded, and the answer is the best that can be given.
//
// The models are part of the program. They are loaded once, when first
// needed, shared by all analyzers, and never change afterwards.
package nlp
