package nlp

// Lists of names that were written for this program, with commas between
// them. They are hints to the entity model, which learns how far to trust
// each.

// demonyms are peoples, nationalities, languages and religions, as adjectives
// and as nouns.
const demonyms = `Afghan, Afghans, African, Africans, Albanian, Albanians, Algerian, Algerians, American, Americans, Andorran, Angolan, Angolans,
Arab, Arabian, Arabic, Arabs, Argentine, Argentines, Argentinian, Argentinians, Armenian, Armenians, Asian, Asians, Australian, Australians, Austrian, Austrians, Azerbaijani, Azeri, Azeris,
Bahamian, Bahraini, Bangladeshi, Bangladeshis, Barbadian, Basque, Basques, Bavarian, Belarusian, Belarussian, Belgian, Belgians, Bengali, Bermudian, Bhutanese, Bolivian, Bolivians, Bosnian, Bosnians, Botswanan,
Brazilian, Brazilians, Breton, British, Briton, Britons, Brit, Brits, Bruneian, Bulgarian, Bulgarians, Burmese, Burundian, Californian, Cambodian, Cambodians, Cameroonian, Canadian, Canadians, Cantonese, Caribbean,
Castilian, Catalan, Catalans, Caucasian, Celtic, Chadian, Chechen, Chechens, Chilean, Chileans, Chinese, Colombian, Colombians, Congolese, Corsican, Cossack, Croat, Croatian, Croatians, Croats, Cuban, Cubans,
Cypriot, Cypriots, Czech, Czechs, Dane, Danes, Danish, Dominican, Dominicans, Dutch, Dutchman, Ecuadorean, Ecuadorian, Egyptian, Egyptians, Emirati, English, Englishman, Englishmen, Eritrean, Eritreans, Estonian, Estonians,
Ethiopian, Ethiopians, European, Europeans, Fijian, Filipino, Filipinos, Finn, Finnish, Finns, Flemish, French, Frenchman, Frenchwoman, Gabonese, Gaelic, Gambian, Georgian, Georgians, German, Germans, Ghanaian, Ghanaians,
Greek, Greeks, Grenadian, Guatemalan, Guatemalans, Guinean, Guyanese, Haitian, Haitians, Hawaiian, Hebrew, Hispanic, Hispanics, Honduran, Hondurans, Hungarian, Hungarians, Hutu, Hutus, Icelandic, Icelander, Indian, Indians,
Indonesian, Indonesians, Iranian, Iranians, Iraqi, Iraqis, Irish, Irishman, Israeli, Israelis, Italian, Italians, Ivorian, Jamaican, Jamaicans, Japanese, Javanese, Jordanian, Jordanians, Kashmiri, Kashmiris, Kazakh, Kazakhs,
Kenyan, Kenyans, Korean, Koreans, Kosovan, Kosovar, Kurd, Kurdish, Kurds, Kuwaiti, Kuwaitis, Kyrgyz, Lao, Laotian, Latin, Latino, Latinos, Latina, Latinas, Latvian, Latvians, Lebanese, Liberian, Liberians, Libyan, Libyans,
Lithuanian, Lithuanians, Londoner, Londoners, Luxembourger, Macedonian, Macedonians, Malagasy, Malawian, Malay, Malays, Malaysian, Malaysians, Maldivian, Malian, Maltese, Mandarin, Maori, Mauritanian, Mauritian, Mexican, Mexicans,
Mediterranean, Moldovan, Mongolian, Montenegrin, Moroccan, Moroccans, Mozambican, Namibian, Nepalese, Nepali, Nicaraguan, Nicaraguans, Nigerian, Nigerians, Nordic, Norwegian, Norwegians, Omani, Ottoman, Pakistani, Pakistanis, Palestinian,
Palestinians, Panamanian, Paraguayan, Parisian, Pashtun, Persian, Peruvian, Peruvians, Pole, Poles, Polish, Polynesian, Portuguese, Prussian, Punjabi, Qatari, Roma, Romanian, Romanians, Russian, Russians, Rwandan, Rwandans,
Salvadoran, Salvadorean, Samoan, Saudi, Saudis, Scandinavian, Scot, Scots, Scottish, Senegalese, Serb, Serbian, Serbians, Serbs, Siberian, Sicilian, Sikh, Sikhs, Singaporean, Singaporeans, Slav, Slavic, Slovak, Slovakian, Slovaks,
Slovene, Slovenian, Somali, Somalis, Soviet, Soviets, Spaniard, Spaniards, Spanish, Sudanese, Surinamese, Swazi, Swede, Swedes, Swedish, Swiss, Syrian, Syrians, Taiwanese, Tajik, Tajiks, Tamil, Tamils, Tanzanian, Tatar, Tibetan, Tibetans,
Texan, Texans, Thai, Thais, Togolese, Tongan, Tunisian, Tunisians, Turk, Turkish, Turkmen, Turks, Tutsi, Tutsis, Ugandan, Ugandans, Ukrainian, Ukrainians, Uruguayan, Uruguayans, Uzbek, Uzbeks, Venetian, Venezuelan, Venezuelans, Vietnamese,
Welsh, Welshman, Yemeni, Yemenis, Yiddish, Yugoslav, Yugoslavs, Zairean, Zambian, Zambians, Zimbabwean, Zimbabweans, Zulu, Zulus, South African, South Africans, South Korean, South Koreans, North Korean, North Koreans, New Zealander,
New Zealanders, Sri Lankan, Sri Lankans, Costa Rican, Costa Ricans, Puerto Rican, Puerto Ricans, Saudi Arabian, Northern Irish, West Indian, Latin American, Latin Americans, North American, South American, African American, African Americans,
African-American, Native American, Native Americans, Middle Eastern, Anglo-Saxon, Bosnian Serb, Bosnian Serbs, East German, West German, Papua New Guinean, New Yorker, New Yorkers,
Buddhist, Buddhists, Buddhism, Catholic, Catholics, Catholicism, Christian, Christians, Christianity, Hindu, Hindus, Hinduism, Islam, Islamic, Islamist, Islamists, Jew, Jewish, Jews, Judaism, Moslem, Moslems, Muslim, Muslims, Mormon, Mormons,
Orthodox, Protestant, Protestants, Shia, Shiite, Shiites, Sunni, Sunnis, Anglican, Anglicans, Baptist, Lutheran, Methodist, Presbyterian, Zionist, Zionism, Marxist, Communist, Nazi, Nazis, Republican, Republicans, Democrat, Democrats,
Conservative, Tory, Tories, Liberal Democrat, Olympic, Olympics, Olympian, Paralympic, Paralympics, Christmas, Easter, Halloween, Thanksgiving, Ramadan, Eid, Hanukkah, Diwali, World Cup, Champions League, Super Bowl, Grand Prix, Grammy, Grammys,
Oscar, Oscars, Emmy, Emmys, Nobel Prize, World War I, World War II, Cold War, Gulf War, Civil War, Bible, Koran, Quran, Torah`

// bodies are organizations everybody knows: of states and of the world, the
// press, parties, leagues, teams and clubs.
const bodies = `UN, U.N., United Nations, EU, E.U., European Union, European Commission, European Parliament, European Central Bank, ECB, NATO, Nato, WHO, World Health Organization, World Bank, IMF, International Monetary Fund,
WTO, World Trade Organization, OPEC, OECD, OSCE, ASEAN, African Union, Arab League, UNICEF, UNESCO, UNHCR, IAEA, Interpol, Europol, Red Cross, Amnesty International, Greenpeace, Human Rights Watch, Medecins Sans Frontieres, Oxfam,
FBI, CIA, NSA, NASA, FDA, F.D.A., EMA, European Medicines Agency, CDC, NIH, EPA, FCC, FTC, SEC, IRS, DEA, TSA, FAA, DHS, NHS, MHRA, NICE, BaFin, Fed, Federal Reserve, Pentagon, White House, Congress, Senate, House of Representatives, Supreme Court,
Justice Department, State Department, Treasury, Department of Justice, Department of Health, Kremlin, Duma, Knesset, Bundestag, Bundesbank, Bundesrat, House of Commons, House of Lords, Scotland Yard, Bank of England, Bank of Japan, Hamas, Hezbollah,
Hizbollah, Taliban, al-Qaeda, Al Qaeda, ISIS, ISIL, Islamic State, Boko Haram, PLO, PKK, IRA, ANC, KGB, Mossad, GOP, Republican Party, Democratic Party, Labour, Labour Party, Conservative Party, Likud, BJP, Sinn Fein, UKIP,
Reuters, Associated Press, AP, AFP, Bloomberg, Interfax, Itar-Tass, TASS, Xinhua, Kyodo, BBC, CNN, NBC, CBS, ABC, MSNBC, CNBC, Fox News, ESPN, HBO, MTV, PBS, NPR, ITV, Sky News, Sky Sports, Al Jazeera, New York Times, NY Times, NYT, Washington Post,
Wall Street Journal, WSJ, Financial Times, Guardian, Daily Mail, Daily Telegraph, Telegraph, Independent, Economist, Newsweek, Forbes, Huffington Post, BuzzFeed, Vox, Vice, USA Today, Los Angeles Times, LA Times, Chicago Tribune, Boston Globe,
Le Monde, Figaro, Der Spiegel, Spiegel, Bild, El Pais, El Mundo, Corriere della Sera, La Repubblica, Pravda, Izvestia, People's Daily, China Daily, Asahi Shimbun, Times of India, Hindu, Haaretz, Variety, Billboard, Rolling Stone, Wired, TechCrunch,
Mashable, Engadget, Gizmodo, The Verge, Lancet, JAMA, Nature, Netflix, Hulu, Disney, Pixar, DreamWorks, Warner Bros, Paramount, Universal, Sony, Nintendo, Sega, Google, Facebook, Twitter, Instagram, Snapchat, WhatsApp, YouTube, LinkedIn, Reddit,
Pinterest, Tumblr, Uber, Lyft, Airbnb, Spotify, Yahoo, AOL, Microsoft, Apple, Amazon, eBay, PayPal, Adobe, Oracle, IBM, Intel, AMD, Nvidia, Dell, HP, Hewlett-Packard, Cisco, Samsung, LG, Huawei, Nokia, Motorola, Ericsson, Siemens, Philips, Toshiba,
Panasonic, Hitachi, Canon, Nikon, Xerox, BlackBerry, Verizon, AT&T, T-Mobile, Vodafone, Comcast, BT, Boeing, Airbus, Lockheed Martin, General Electric, GE, General Motors, GM, Ford, Chrysler, Toyota, Honda, Nissan, Mazda, Hyundai, Kia, BMW,
Mercedes, Mercedes-Benz, Audi, Volkswagen, VW, Porsche, Ferrari, Fiat, Renault, Peugeot, Volvo, Saab, Tesla, Shell, BP, Exxon, ExxonMobil, Chevron, Total, Gazprom, Walmart, Wal-Mart, Target, Costco, Tesco, Sainsbury, Asda, Lidl, Aldi, Ikea, IKEA,
McDonald's, McDonalds, Burger King, KFC, Subway, Starbucks, Pizza Hut, Domino's, Taco Bell, Wendy's, Chipotle, Coca-Cola, Pepsi, PepsiCo, Nestle, Unilever, Procter & Gamble, Nike, Adidas, Puma, Reebok, Gucci, Prada, Chanel, Louis Vuitton, Zara, H&M,
Goldman Sachs, Morgan Stanley, JPMorgan, JP Morgan, Citigroup, Citibank, Bank of America, Wells Fargo, HSBC, Barclays, Deutsche Bank, UBS, Credit Suisse, Lehman Brothers, Merrill Lynch, Visa, MasterCard, American Express, Lufthansa, British Airways,
Air France, KLM, Ryanair, EasyJet, Delta, United, Southwest, JetBlue, Emirates, Qantas, Pfizer, Novartis, Roche, Sanofi, GSK, GlaxoSmithKline, AstraZeneca, Merck, Bayer, Moderna, BioNTech, AbbVie, Amgen, Gilead, Eli Lilly, Novo Nordisk, Biogen,
Teva, Takeda, Johnson & Johnson, Bristol-Myers Squibb, Boehringer Ingelheim, Harvard, Harvard University, Yale, Stanford, Stanford University, MIT, Princeton, Oxford University, Cambridge University, UCLA, NYU, LSE,
NFL, NBA, MLB, NHL, MLS, NCAA, WNBA, PGA, ATP, WTA, FIFA, UEFA, FA, IOC, ICC, BCCI, UFC, WWE, NASCAR, Premier League, La Liga, Serie A, Bundesliga, Lakers, Celtics, Knicks, Nets, 76ers, Sixers, Raptors, Bulls, Cavaliers, Cavs, Pistons, Pacers, Bucks,
Hawks, Hornets, Heat, Magic, Wizards, Nuggets, Timberwolves, Thunder, Trail Blazers, Blazers, Jazz, Warriors, Clippers, Suns, Kings, Mavericks, Mavs, Rockets, Grizzlies, Pelicans, Spurs, Yankees, Red Sox, Orioles, Rays, Blue Jays, White Sox,
Indians, Tigers, Royals, Twins, Astros, Angels, Athletics, Mariners, Rangers, Braves, Marlins, Mets, Phillies, Nationals, Cubs, Reds, Brewers, Pirates, Cardinals, Diamondbacks, Rockies, Dodgers, Padres, Giants, Expos, Patriots, Bills, Dolphins, Jets,
Ravens, Bengals, Browns, Steelers, Texans, Colts, Jaguars, Titans, Broncos, Chiefs, Raiders, Chargers, Cowboys, Eagles, Redskins, Bears, Lions, Packers, Vikings, Falcons, Panthers, Saints, Buccaneers, Bucs, Rams, Seahawks, 49ers, Niners, Bruins,
Sabres, Red Wings, Canadiens, Habs, Senators, Lightning, Maple Leafs, Leafs, Hurricanes, Blue Jackets, Devils, Islanders, Flyers, Penguins, Capitals, Blackhawks, Avalanche, Stars, Wild, Predators, Blues, Ducks, Flames, Oilers, Sharks,
Canucks, Golden Knights, Coyotes, Galaxy, Sounders, Arsenal, Chelsea, Liverpool, Everton, Tottenham, Tottenham Hotspur, Manchester United, Man United, Man Utd, Manchester City, Man City, Newcastle United, Leeds, Leeds United, Aston Villa, West Ham,
Sunderland, Middlesbrough, Southampton, Blackburn, Blackburn Rovers, Bolton, Wigan, Fulham, Crystal Palace, Leicester City, Norwich City, Stoke City, Swansea, Cardiff City, Queens Park Rangers, QPR, Wolves, Wolverhampton, West Bromwich, Nottingham Forest,
Sheffield Wednesday, Sheffield United, Derby County, Coventry City, Wimbledon, Celtic, Rangers, Hearts, Hibernian, Aberdeen, Dundee, Kilmarnock, Motherwell, Real Madrid, Barcelona, Barca, Atletico, Atletico Madrid, Valencia, Sevilla, Deportivo, Betis,
Espanyol, Juventus, Juve, AC Milan, Inter, Inter Milan, Roma, Lazio, Napoli, Fiorentina, Sampdoria, Parma, Atalanta, Udinese, Bayern, Bayern Munich, Borussia Dortmund, Borussia, Schalke, Werder Bremen, Bayer Leverkusen, Hamburg SV, Ajax, PSV,
PSV Eindhoven, Feyenoord, Anderlecht, Club Brugge, Porto, Benfica, Sporting, Paris Saint-Germain, Paris St Germain, PSG, Marseille, Monaco, Lyon, Bordeaux, Lille, Galatasaray, Fenerbahce, Besiktas, Spartak, Spartak Moscow, Dynamo Kiev, CSKA,
CSKA Moscow, Lokomotiv, Zenit, Red Star, Partizan, Steaua, Steaua Bucharest, Sparta Prague, Slavia, Rapid Vienna, Legia Warsaw, Ferencvaros, Olympiakos, Panathinaikos, Boca Juniors, River Plate, Flamengo, Corinthians, Santos, Palmeiras, Sao Paulo,
Yorkshire, Lancashire, Surrey, Middlesex, Essex, Kent, Sussex, Hampshire, Somerset, Gloucestershire, Glamorgan, Warwickshire, Worcestershire, Northamptonshire, Leicestershire, Nottinghamshire, Derbyshire, Durham, Buffalo Bills, Crimson Tide,
Longhorns, Sooners, Buckeyes, Wolverines, Spartans, Badgers, Hawkeyes, Cornhuskers, Huskers, Gators, Seminoles, Bulldogs, Tar Heels, Blue Devils, Hoosiers, Boilermakers, Jayhawks, Razorbacks, Aggies, Volunteers, Fighting Irish, Notre Dame,
Metallica, Beatles, Rolling Stones, One Direction, Coldplay, Radiohead, Nirvana, Green Day, Linkin Park, Pink Floyd, Led Zeppelin, U2, ABBA, BTS, Westlife, Backstreet Boys, Spice Girls, Black Eyed Peas`

// moreCountries are short, older and other names of countries and regions.
const moreCountries = `US, U.S., USA, U.S.A., United States, America, UK, U.K., Britain, Great Britain, England, Scotland, Wales, Northern Ireland, Ireland, UAE, Emirates, Russia, Soviet Union, USSR, Yugoslavia, Czechoslovakia, Czech Republic, Czechia,
Holland, Netherlands, Burma, Myanmar, Zaire, Congo, Ivory Coast, South Korea, North Korea, Korea, Taiwan, Hong Kong, Macau, Macao, Vietnam, Viet Nam, Laos, Syria, Iran, Iraq, Libya, Bolivia, Venezuela, Tanzania, Moldova, Macedonia, Kosovo, Palestine,
Gaza, Gaza Strip, West Bank, Golan Heights, Chechnya, Kashmir, Tibet, Catalonia, Kurdistan, Bosnia, Bosnia-Herzegovina, Herzegovina, Serbia, Montenegro, Cape Verde, East Timor, Swaziland, Vatican, Brunei, Turkey, Europe, Asia, Africa, North America,
South America, Latin America, Central America, Middle East, Far East, Balkans, Caribbean, Scandinavia, Siberia, Caucasus, Gulf, Persian Gulf, Mediterranean, Atlantic, Pacific, Arctic, Antarctica, East Africa, West Africa, Southern Africa, Southeast Asia,
Eastern Europe, Western Europe, Central Asia, New England, Midwest, Silicon Valley, Wall Street, Hollywood, Bahamas, Philippines, Gambia, Maldives, Seychelles`
