package crawler

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// months are the names of the months without accents, whole and short, in
// English, German, French, Spanish, Italian, Portuguese, Dutch, Danish,
// Norwegian, Swedish, Finnish, Polish, Czech, Hungarian, Romanian, Turkish,
// Greek, Russian and Ukrainian. Where a short form means two months in two
// languages, it is left out.
//
//nolint:misspell // other languages
const months = `
1 jan january januar janner janvier janv ene enero gen gennaio janeiro januari jaan tammikuu tammi tammikuuta styczen stycznia sty leden ledna januarie ianuarie ian ocak oca ιαν ιανουαριος ιανουαριου янв январь января сiч сiчень сiчня
2 feb february februar feber fevrier fevr fev febrero febbraio fevereiro februari helmikuu helmi helmikuuta luty lutego lut unor unora februarie subat sub φεβ φεβρουαριος φεβρουαριου фев февр февраль февраля лют лютий лютого
3 mar march marz maerz mrz mars marzo marco mrt maart marts maaliskuu maalis maaliskuuta marzec marca brezen brezna marc marcius martie mart μαρ μαρτ μαρτιος μαρτιου мар март марта бер березень березня
4 apr april avril avr abr abril aprile huhtikuu huhti huhtikuuta kwiecien kwietnia kwi duben dubna aprilis aprilie nisan nis απρ απριλιος απριλιου апр апрель апреля квi квiтень квiтня
5 may mai mayo mag maggio maio mei maj maja toukokuu touko toukokuuta kveten kvetna majus mayis μαι μαιος μαιου май мая травень травня тра
6 jun june juni juin junio giu giugno junho juin kesakuu kesa kesakuuta czerwiec czerwca cze cerven cervna junius iunie iun haziran haz ιουν ιουνιος ιουνιου июн июнь июня черв червень червня
7 jul july juli juillet juil julio lug luglio julho heinakuu heina heinakuuta lipiec lipca lip cervenec cervence julius iulie iul temmuz tem ιουλ ιουλιος ιουλιου июл июль июля лип липень липня
8 aug august aout agosto ago augustus augusti elokuu elo elokuuta sierpien sierpnia sie srpen srpna augusztus agustos agu αυγ αυγουστος αυγουστου авг август августа сер серпень серпня
9 sep sept september septembre septiembre set settembre setembro syyskuu syys syyskuuta wrzesien wrzesnia wrz zari szept szeptember septembrie eylul eyl σεπ σεπτ σεπτεμβριος σεπτεμβριου сен сент сентябрь сентября вер вересень вересня
10 oct october okt oktober octobre octubre ott ottobre out outubro lokakuu loka lokakuuta pazdziernik pazdziernika paz rijen rijna octombrie ekim eki οκτ οκτωβριος οκτωβριου окт октябрь октября жов жовтень жовтня
11 nov november novembre noviembre novembro marraskuu marras marraskuuta listopad listopada lis listopadu noiembrie noi kasim kas νοε νοεμβριος νοεμβριου ноя нояб ноябрь ноября листопад листопада
12 dec december dez dezember decembre diciembre dic dicembre dezembro desember des joulukuu joulu joulukuuta grudzien grudnia gru prosinec prosince decembrie aralik ara δεκ δεκεμβριος δεκεμβριου дек декабрь декабря гру грудень грудня
`

// monthOf tells the month a word names; 0 for none.
func monthOf(word string) time.Month { return monthTable()[word] }

// zones are the abbreviations of time zones, in seconds east of Greenwich.
// Where one means several, it is the one that feeds mean.
var zones = map[string]int{ //nolint:gochecknoglobals // a constant table
	"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 3600, "ist": 19800, "west": 3600,
	"cet": 3600, "met": 3600, "mez": 3600, "cest": 7200, "mest": 7200, "mesz": 7200, "eet": 7200, "eest": 10800, "sast": 7200,
	"msk": 10800, "trt": 10800, "gst": 14400, "pkt": 18000, "hkt": 28800, "sgt": 28800, "awst": 28800, "jst": 32400, "kst": 32400,
	"acst": 34200, "aest": 36000, "acdt": 37800, "aedt": 39600, "nzst": 43200, "nzdt": 46800,
	"nst": -12600, "ndt": -9000, "ast": -14400, "adt": -10800, "edt": -14400, "est": -18000, "et": -18000, "cdt": -18000,
	"cst": -21600, "ct": -21600, "mdt": -21600, "mst": -25200, "mt": -25200, "pdt": -25200, "pst": -28800, "pt": -28800,
	"akdt": -28800, "akst": -32400, "hst": -36000, "brt": -10800, "art": -10800, "clt": -14400,
}

// monthTable is made once, of months.
var monthTable = sync.OnceValue(func() map[string]time.Month { //nolint:gochecknoglobals // a constant table
	table := map[string]time.Month{}
	for line := range strings.Lines(months) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		n, err := strconv.Atoi(words[0])
		if err != nil {
			continue
		}
		for _, w := range words[1:] {
			table[stripAccents(w)] = time.Month(n)
		}
	}
	return table
})
