// Package mention defines the words this program speaks.
//
// A [Mention] is one piece of published content as it was collected. An
// [Analysis] is what its text was found to say, a [Linking] which brands and
// labels of the configuration it concerns. A [Record] is all of them together
// with what people made of it ([Curation]), and a [Row] is the flat view of a
// record that searches, exports, labels and rules speak about.
//
// Every other package may import this one; it imports the standard library
// alone. All times are UTC with millisecond precision; the zero time means
// "not known".
package mention
