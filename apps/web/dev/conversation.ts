const LONG = `I promised to write down how the glaze came out, so here it is, at length, for whoever wants to repeat it.

First the clay: the grey one from the river bank, dried for nine days under linen. Do not hurry this. I hurried it in March and every second bowl cracked along the foot.

Second the glaze. Ash from apple wood, sieved twice, one part; feldspar, two parts; a spoon of iron. It looks like mud and smells like rain.

Third the kiln. Up slowly until the cones bend, hold for forty minutes, and then leave it alone. Opening the door early is how you get the fine net of lines that everybody calls a mistake and I have come to like.`

/** One line of the sample conversation. `minutes`: how long ago; `answers`: the id of the note that it answers. */
export interface Line {
  readonly id: string
  readonly by: string
  readonly minutes: number
  readonly text: string
  readonly answers?: string
  readonly editedMinutes?: number
  readonly earlier?: readonly string[]
}

/** Notes as people write them: short and long, in several directions, with links and pictures of letters, in threads, changed. */
export const CONVERSATION: readonly Line[] = [
  { id: "n1", by: "anna", minutes: 2, text: "The kiln is open. Eleven bowls survived, one is a plate now." },
  { id: "n2", by: "me", minutes: 9, text: "A plate is a bowl that has seen things.", answers: "n3" },
  { id: "n3", by: "anna", minutes: 14, text: "Opening the kiln in an hour. Nervous, as every time." },
  {
    id: "n4",
    by: "mira",
    minutes: 47,
    text: "Rehearsal moved to Sunday at eleven, in the small hall: https://halls.example.org/small?room=2&from=11:00\nBring a stand, they have four for nine of us.",
    editedMinutes: 31,
    earlier: ["Rehearsal moved to Sunday at ten, in the small hall."],
  },
  {
    id: "n5",
    by: "yusuf",
    minutes: 75,
    text: "خبزتُ اليوم للمرة الأولى بالطحين الجديد، وكانت النتيجة أفضل مما توقعت. سأكتب الوصفة غدًا.\nThe oven was at 240°C, by the way.",
  },
  { id: "n6", by: "tomas", minutes: 130, text: "⛴️🔧" },
  {
    id: "n7",
    by: "anna2",
    minutes: 200,
    text: "Does anybody still have the timetable of the night train? Asking for a loaf of bread that has to reach Vienna.",
  },
  { id: "n8", by: "long", minutes: 320, text: "My meadow, seen from the bridge, has the colour of an old postcard today." },
  { id: "n9", by: "mira", minutes: 330, text: "I have it on paper! I will copy it for you tonight.", answers: "n7" },
  { id: "n10", by: "anna2", minutes: 329, text: "You are a treasure.", answers: "n9" },
  { id: "n11", by: "stranger", minutes: 328, text: "There is also one on the wall of platform four.", answers: "n7" },
  { id: "n12", by: "noa", minutes: 1_300, text: "מישהו רוצה לבוא לים מחר בבוקר? נפגשים ב־7:30 ליד המגדלור." },
  { id: "n13", by: "anna", minutes: 1_500, text: LONG },
  { id: "n14", by: "jun", minutes: 4_400, text: "山の上は、もう雪。写真はまた今度。" },
  {
    id: "n15",
    by: "tomas",
    minutes: 9_000,
    text: "averyveryverylongwordwithoutanyspacethatsomebodypastedfromaprogramandthatmustnotbreakthepageatanywidthwhatsoeverbecausepeopledothisallthetime",
  },
  { id: "n16", by: "me", minutes: 9_100, text: "First note. Hello, quiet world." },
]
