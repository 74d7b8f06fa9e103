import type { JSX } from "preact";
import type { RangeNote, ResultView } from "../../contract/visit-view.ts";
import { Icon, type IconName } from "../design/icon.tsx";
import { useKioskWords } from "../journey/kiosk-context.ts";
import type { Words } from "../messages/en.ts";

type Level = RangeNote["level"];
type Place = Level | "urgent-low";

/** Where a value lies: in words, by a sign, and by a mark on a row of fields; the colour only repeats it. */
export function RangeScale({
  note,
  kind,
}: {
  readonly note: RangeNote;
  readonly kind: ResultView["kind"];
}): JSX.Element {
  const words = useKioskWords();
  const said = categoryWords(words, note);
  const place = placeOf(note);
  return (
    <div class={`range range--${note.level}`}>
      <p class="range__word">
        <Icon name={levelIcons[note.level]} />
        {said}
      </p>
      <div class="range__row" role="img" aria-label={words.readings.position(said)}>
        {scales[kind].map((field) => (
          <span key={field} class={`range__field range__field--${field} ${field === place ? "is-here" : ""}`}>
            {field === place && <span class="range__mark" />}
          </span>
        ))}
      </div>
    </div>
  );
}

/** The table's own word for it, where there is one; else the level's. */
export function categoryWords(words: Words, note: RangeNote): string {
  const known: Readonly<Record<string, string>> = words.readings.category;
  return known[note.category] ?? words.readings.level[note.level];
}

/** Low blood sugar is as urgent as high blood sugar, and wants the opposite. */
export const isLow = ({ category, level }: RangeNote): boolean => level === "low" || /^hypo|low$/.test(category);

const placeOf = (note: RangeNote): Place => (note.level === "urgent" && isLow(note) ? "urgent-low" : note.level);

const scales: Readonly<Record<ResultView["kind"], readonly Place[]>> = {
  "blood-pressure": ["in-range", "raised", "high", "urgent"],
  glucose: ["urgent-low", "low", "in-range", "raised", "high", "urgent"],
  ketone: ["in-range", "raised", "high", "urgent"],
};

const levelIcons: Readonly<Record<Level, IconName>> = {
  low: "down",
  "in-range": "check",
  raised: "up",
  high: "alert",
  urgent: "stop",
};
