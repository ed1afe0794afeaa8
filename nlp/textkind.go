package nlp

// The kinds of text in which words may mean something else (sick, killer, side
// effects); each has weights of its own beside those of all texts.
const (
	kindPlain   = 0    // no weights of its own
	kindMedical = 6100 // what patients write about treatments
	kindSocial  = 6200
)

const (
	medicalLeast = 3  // medical words in a text of patients
	medicalShare = 40 // words for each of them, at most
)

var medicalWords = setOf("mg", "dose", "doses", "dosage", "doctor", "doctors", "dr", "pill", "pills", "medication", "medications", "medicine", "medicines", "med", "meds", "drug", "drugs",
	"side", "effects", "effect", "symptom", "symptoms", "pain", "treatment", "prescribed", "prescription", "tablet", "tablets", "capsule", "daily", "headache", "headaches", "nausea",
	"weight", "sleep", "depression", "anxiety", "dizziness", "skin", "patient", "patients", "therapy", "disorder", "migraine", "blood", "pressure", "acne", "fatigue", "insomnia", "stomach")

// textKind tells the kind of a text of n words whose valences are set.
func (v *valenceSums) textKind(n int) uint64 {
	switch {
	case v.social:
		return kindSocial
	case v.medical >= medicalLeast && v.medical*medicalShare >= n:
		return kindMedical
	}
	return kindPlain
}

// ofKind appends what a feature says in texts of this kind.
func (x *polarity) ofKind(rows []uint32, h, id uint64) []uint32 {
	if x.kind != kindPlain {
		rows = append(rows, x.model.row(mix(h, x.kind+id)))
	}
	return rows
}
