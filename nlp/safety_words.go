package nlp

// The lists of the safety reader, in plain words. They were written for this
// program.

// The numbers of the lists.
const (
	safetyReaction = iota
	safetySerious
	safetyPatient
	safetyReporter
	safetyDrug // words for medicines in general
	safetyPregnancy
	safetyNoEffect
	safetyOffLabel
	safetyMisuse
	safetyOverdose
	safetyError
	safetyComplaint
)

// safetyTypes are the names of the special situations, from safetyPregnancy on.
var safetyTypes = []string{"pregnancy", "lack_of_effect", "off_label", "misuse", "overdose", "medication_error", "product_complaint"}

// safetyLists makes the lists in the order of their numbers.
func safetyLists() *phrases {
	return newPhrases(reactionWords, seriousWords, patientWords, reporterWords, drugWords,
		"pregnant, pregnancy, while expecting, trimester, breastfeeding, breast feeding, nursing my baby, my unborn, fetus, foetus, in utero, miscarriage, miscarried, birth defect*, stillbirth",
		"did not work, didnt work, doesn't work, does not work, no effect, not working, stopped working, didnt help, did not help, doesn't help, no relief, no improvement, ineffective, useless for my, lack of effect, lack of efficacy, treatment failure, no benefit, didn't do anything, did nothing for",
		"off label, off-label, unapproved use, not approved for, not indicated for, unlicensed use",
		"abuse*, misuse*, snort*, to get high, crushed and, recreational*, addicted to, addiction, took without a prescription, selling my, injecting it",
		"overdose*, overdosing, od'd, too many pills, took too many, took too much, double dose, double the dose, twice the dose, accidental ingestion, swallowed the whole",
		"wrong dose, wrong drug, wrong medication, wrong medicine, wrong pill*, wrong vial, medication error*, dosing error*, dispensing error*, given by mistake, took by mistake, prescribed by mistake, administered by mistake, expired dose, missed dose*, mixed up the",
		"broken pen, broken seal, leaking, leaked, contaminated, foreign particle*, particles in, smells off, smells strange, discolored, discoloured, counterfeit, fake pill*, packaging was, missing tablets, empty blister, needle broke, device failed, inhaler failed, pen jammed, defective, wrong label, mislabelled, mislabeled",
	)
}

const reactionWords = `headache*, migraine*, nausea, nauseous, nauseated, vomit*, vomiting, threw up, throwing up, puke*, puking, diarrhea, diarrhoea, constipation, constipated,
dizzy, dizziness, lightheaded, vertigo, faint*, passed out, fatigue, fatigued, tired, tiredness, exhausted, exhaustion, drowsy, drowsiness, sleepy, sedated, sedation, lethargy, lethargic,
insomnia, can't sleep, couldn't sleep, could not sleep, unable to sleep, nightmare*, vivid dreams, night sweats, sweating, hot flashes, hot flushes, chills, fever, feverish, flu-like symptoms,
rash, rashes, hives, itching, itchy, itch*, urticaria, eczema, blisters, peeling skin, dry skin, acne, hair loss, losing my hair, hair falling out, bruising, swelling, swollen, edema, oedema, angioedema, anaphylaxis, anaphylactic shock, allergic reaction, hypersensitivity,
weight gain, gained weight, gaining weight, weight loss, lost weight, loss of appetite, no appetite, increased appetite, dry mouth, metallic taste, thirst, bloating, bloated, gas, heartburn, acid reflux, stomach pain, stomach ache, stomach cramps, abdominal pain, cramps, cramping, indigestion,
muscle pain, muscle aches, muscle weakness, muscle cramps, myalgia, rhabdomyolysis, joint pain, joint pains, arthralgia, back pain, leg pain, chest pain, body aches, sore arm, pain in my, numbness, numb, tingling, neuropathy, paresthesia, tremor*, shaking, twitching, restless legs, stiffness, spasms, dyskinesia, akathisia, dystonia,
anxiety, anxious, panic attack*, depression, depressed, suicidal, suicidal thoughts, mood swings, irritable, irritability, agitation, agitated, aggression, aggressive, rage, crying, zombie, emotionless, no emotions, brain fog, foggy, confusion, confused, memory loss, forgetful, hallucination*, hallucinating, psychosis, mania, delirium, withdrawal, withdrawals, brain zaps, electric shocks,
loss of libido, low libido, no libido, no sex drive, decreased libido, erectile dysfunction, impotence, anorgasmia, sexual side effects, sexual dysfunction, bleeding, bled, hemorrhage, haemorrhage, nosebleed*, blood clot*, thrombosis, embolism, thrombocytopenia, anemia, anaemia, neutropenia, leukopenia, agranulocytosis, pancytopenia,
palpitations, heart racing, racing heart, tachycardia, bradycardia, arrhythmia, high blood pressure, hypertension, low blood pressure, hypotension, heart attack*, myocardial infarction, myocarditis, pericarditis, stroke*, seizure*, convulsions, coma, respiratory depression, shortness of breath, trouble breathing, difficulty breathing, breathing problems, cough, pneumonitis, bronchospasm,
liver damage, liver failure, hepatitis, hepatotoxicity, elevated liver enzymes, jaundice, kidney failure, renal failure, kidney damage, nephrotoxicity, pancreatitis, colitis, ulcer*, gastritis, hypoglycemia, hypoglycaemia, hyperglycemia, hyperkalemia, hyponatremia, lactic acidosis, diabetes, hypothyroidism,
blurred vision, blurry vision, double vision, vision loss, blindness, glaucoma, ringing in my ears, tinnitus, hearing loss, stevens-johnson syndrome, toxic epidermal necrolysis, serotonin syndrome, neuroleptic malignant syndrome, tardive dyskinesia, lupus, vasculitis, infection*, sepsis, death, toxicity, side effect*, side-effect*, adverse reaction*, adverse event*, adverse effect*, bad reaction, reacted badly`

const seriousWords = `hospital, hospitalized, hospitalised, hospitalization, hospitalisation, emergency room, emergency department, er visit, ambulance, icu, intensive care, life-threatening, life threatening, fatal, fatality, died, dies, dying, death, deaths, killed, disabled, disability, permanent damage, birth defect*, congenital anomaly, coma, anaphylaxis, anaphylactic shock, heart attack*, stroke*, seizure*, suicide, suicidal, overdose*, organ failure, liver failure, kidney failure, respiratory failure, surgery, transplant, resuscitated, collapsed`

const patientWords = `i, me, my, mine, myself, i've, i'm, my son, my daughter, my wife, my husband, my mother, my mom, my mum, my father, my dad, my baby, my child, my sister, my brother, my friend, my kid, my grandmother, my grandfather, patient, patients, year-old, year old, he, she, his, her, a woman, a man, a boy, a girl, infant, child, children, neonate`

const reporterWords = `i, we report, we describe, my doctor, my gp, my psychiatrist, my pharmacist, my nurse, as a nurse, as a doctor, as a pharmacist, physician, pharmacist, nurse, the authors, case report, my patient, our patient`

const drugWords = `medication*, medicine*, drug, drugs, pill, pills, tablet, tablets, capsule, capsules, dose, doses, dosage, mg, injection*, vaccine*, vaccination, vaccinated, jab, booster, prescription, prescribed, antibiotic*, antidepressant*, ssri, ssris, statin, statins, insulin, chemo, chemotherapy, inhaler, patch, therapy, treatment, infusion, steroid, steroids, meds`
