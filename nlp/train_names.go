package nlp

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// surnameShare is the per cent of the population that the surnames cover.
const surnameShare = 90

// A nameList gathers names with the bits of the lists they stand in.
type nameList map[uint64]uint8

func (l nameList) put(name string, bit uint8) {
	f := strings.Fields(strings.ToLower(name))
	if len(f) == 0 || len(f) > nameWords || len(name) < 2 {
		return
	}
	h := hashString(f[0])
	for _, w := range f[1:] {
		h = mix(h, hashString(w))
	}
	l[mix(h, nameSeed)] |= bit
}

// makeNames packs the lists of names.
func (t *trainer) makeNames() error {
	l := nameList{}
	err := errors.Join(t.listPlaces(l), t.listCompanies(l), t.listCensus(l), t.listPeople(l))
	if err != nil {
		return err
	}
	for bit, text := range map[uint8]string{nameDemonym: demonyms, nameBody: bodies, nameCountry: moreCountries} {
		for name := range strings.SplitSeq(text, ",") {
			l.put(strings.TrimSpace(name), bit)
		}
	}
	keys := make([]uint64, 0, len(l))
	for k := range l {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	packed := newLexicon(len(keys))
	for _, k := range keys {
		packed.put(k, int8(l[k]))
	}
	t.say("names: %d", len(keys))
	return t.write("names", packed.encode())
}

func (t *trainer) listPlaces(l nameList) error {
	err := t.eachRecord("world-cities.csv.gz", func(get func(string) string) {
		l.put(get("name"), nameCity)
		l.put(get("country"), nameCountry)
		l.put(get("subcountry"), nameRegion)
	})
	if err != nil {
		return err
	}
	return t.eachRecord("country-codes.csv", func(get func(string) string) {
		l.put(get("UNTERM English Short"), nameCountry)
		l.put(get("official_name_en"), nameCountry)
		l.put(get("Capital"), nameCity)
		l.put(get("CLDR display name"), nameCountry)
	})
}

func (t *trainer) listCompanies(l nameList) error {
	bare := strings.NewReplacer(",", "", " Inc.", "", " Corp.", "", " Corporation", "", " Company", "", " plc", "")
	return t.eachRecord("sp500.csv", func(get func(string) string) {
		name, _, _ := strings.Cut(bare.Replace(get("Security")), " (")
		l.put(name, nameCompany)
	})
}

// listCensus reads the names of the census of the United States of 1990, most
// frequent first: a name, its share, the share up to it, its rank.
func (t *trainer) listCensus(l nameList) error {
	for _, f := range []struct {
		name string
		bit  uint8
	}{{"dist.all.last", nameSurname}, {"dist.female.first", nameFirst}, {"dist.male.first", nameFirst}} {
		err := eachLine(filepath.Join(t.Names, "names", f.name), func(line []byte) error {
			col := strings.Fields(string(line))
			if len(col) != 4 {
				return fmt.Errorf("%s: %q", f.name, line)
			}
			upTo, err := strconv.ParseFloat(col[2], 64)
			if err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			if upTo <= surnameShare && len(col[0]) > 2 {
				l.put(col[0], f.bit)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	pythonList   = regexp.MustCompile(`^\s+(\w+)\s*(?::[^=]*)?=`)
	pythonString = regexp.MustCompile(`"([^"]+)"`)
)

// listPeople reads the first names and surnames of many countries, as Python
// sources have them.
func (t *trainer) listPeople(l nameList) error {
	files, err := filepath.Glob(filepath.Join(t.Names, "faker", "providers", "person", "*", "__init__.py"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no lists of people in %s: %w", t.Names, errors.Join(err, os.ErrNotExist))
	}
	for _, file := range files {
		bit := uint8(0)
		err := eachLine(file, func(line []byte) error {
			s := string(line)
			if m := pythonList.FindStringSubmatch(s); m != nil {
				switch {
				case strings.HasPrefix(m[1], "first_name"):
					bit = nameFirst
				case strings.HasPrefix(m[1], "last_name"):
					bit = nameSurname
				default:
					bit = 0
				}
			}
			if bit == 0 {
				return nil
			}
			for _, m := range pythonString.FindAllStringSubmatch(s, -1) {
				if isLatinName(m[1]) {
					l.put(m[1], bit)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isLatinName reports whether s is a single word in Latin letters that begins
// with a capital.
func isLatinName(s string) bool {
	for i, r := range s {
		if i == 0 && !unicode.IsUpper(r) || !unicode.Is(unicode.Latin, r) && r != '\'' && r != '-' {
			return false
		}
	}
	return len(s) > 2
}

// eachRecord calls fn with every record of a CSV file of the lexicons.
func (t *trainer) eachRecord(name string, fn func(get func(string) string)) error {
	var text strings.Builder
	if err := eachLine(filepath.Join(t.Data, "lexicons", name), func(line []byte) error {
		text.Write(line)
		text.WriteByte('\n')
		return nil
	}); err != nil {
		return err
	}
	r := csv.NewReader(strings.NewReader(text.String()))
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fn(func(column string) string {
			if i := slices.Index(head, column); i >= 0 && i < len(rec) {
				return rec[i]
			}
			return ""
		})
	}
}
