import type { JSX } from "preact";
import type { RangeNote } from "../../contract/visit-view.ts";
import { Icon, type IconName } from "../design/icon.tsx";
import { useKioskWords } from "../journey/kiosk-context.ts";
import type { Words } from "../messages/en.ts";

type Level = RangeNote["level"];

/** Where a value lies: in words, by a sign, and by a mark on the fields of its table; the colour only repeats it. */
export function RangeScale({ note }: { readonly note: RangeNote }): JSX.Element {
  const words = useKioskWords();
  const said = categoryWords(words, note);
  const here = placeOf(note);
  const limits = [note.scale[here - 1]?.until ?? null, note.scale[here]?.until ?? null] as const;
  return (
    <div class={`range range--${note.level}`}>
      <p class="range__word">
        <Icon name={levelIcons[note.level]} />
        {said}
      </p>
      {note.scale.length > 1 && (
        <div class="range__row" role="img" aria-label={words.readings.position(said, ...limits)}>
          {note.scale.map(({ category, level, until }, index) => (
            <div key={category} class={`range__field range__field--${level} ${index === here ? "is-here" : ""}`}>
              {index === here && <span class="range__mark" />}
              {until !== null && <span class="range__limit figures">{until}</span>}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** The table's own word for it, where there is one; else the level's. */
export function categoryWords(words: Words, note: RangeNote): string {
  const known: Readonly<Record<string, string>> = words.readings.category;
  return known[note.category] ?? words.readings.level[note.level];
}

/** Low blood sugar is as urgent as high blood sugar, and wants the opposite. */
export const isLow = ({ category, level }: Pick<RangeNote, "category" | "level">): boolean =>
  level === "low" || /^hypo|low$/.test(category);

/** What a meter cannot measure lies at an end of the scale. */
function placeOf(note: RangeNote): number {
  const found = note.scale.findIndex(({ category }) => category === note.category);
  if (found !== -1) return found;
  return isLow(note) ? 0 : note.scale.length - 1;
}

const levelIcons: Readonly<Record<Level, IconName>> = {
  low: "down",
  "in-range": "check",
  raised: "up",
  high: "alert",
  urgent: "stop",
};
