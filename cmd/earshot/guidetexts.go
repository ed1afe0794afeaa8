package main

import (
	"strings"

	"earshot/mention"
)

// naming are texts that name a brand, as papers and people write it.
func naming(b *mention.Brand) []string {
	list := []string{
		b.Name + " announced its results for the third quarter on Thursday.",
		"Has anybody had trouble with " + strings.ToLower(b.Name) + " lately? Nobody answers the phone.",
		"The staff of " + b.Name + "'s plant heard of it from the news.",
	}
	for _, p := range b.Products[:min(2, len(b.Products))] {
		list = append(list, "The shop had no "+p.Name+" left today.")
	}
	return list
}

// everydayTexts are about nobody's company. A brand that catches one of them
// has an everyday word for its name.
var everydayTexts = []string{
	"She ate an apple under the old oak and looked over the meadow.",
	"Police said the target of the raid was a warehouse by the river; a shell was found in the sand.",
	"The gap between rich and poor has grown, says a new study of the ministry.",
	"Orange juice, a dove in the window, the tide going out: a quiet morning on the coast.",
	"They were stopped at the border because the visa had run out; the sprint to the gate was in vain.",
	"The rover on Mars sent its first pictures, and the stars above the desert were bright.",
	"To ford the stream they took off their boots; an oracle had warned them, the story goes.",
	"A delta of two rivers, a lone eagle, a general on his horse: the painting hangs in the hall.",
	"The square was full; people sang until the match began, and the united front of the unions held.",
	"He put the chest on the scale. The balance was off, so he asked for an honest measure.",
	"My uncle, a baker in Marseille, says that the secret of good bread is time and a warm stone.",
	"Merck said it would leave the town; so did Smith, Fischer and the other families of the street.",
	"In the chase through the subway a gateway fell; the insurer called it a progressive loss.",
	"The amazon of the legend rode at the head of the column; no patagonia was ever so cold.",
	"It is a monster of a task, a meta question, a twist in the story, and no zoom lens will help.",
	"The union of the two villages was sealed with wine; a bishop blessed the bridge and the fountain.",
	"A puma was seen near the village; the jaguar of the zoo, said a keeper, had not left its cage.",
	"Catalyst, compass, beacon, summit: the names of the boats in the harbour were painted in blue.",
	"The nike of Samothrace stands in Paris; the hermes beside it is a copy.",
	"We had a virgin forest to ourselves, a canon of old songs, and nobody to sing them to.",
}
