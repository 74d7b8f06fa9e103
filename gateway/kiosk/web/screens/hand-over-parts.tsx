import type { JSX } from "preact";
import type { ResultView } from "../../contract/visit-view.ts";
import { Icon, type IconName } from "../design/icon.tsx";
import { useKioskWords } from "../journey/kiosk-context.ts";
import { useFormats } from "../messages/language.ts";
import { categoryWords } from "./range-scale.tsx";
import { valueText } from "./summary.ts";

export function Option(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly isDone?: boolean;
  readonly onPress: () => void;
}): JSX.Element {
  return (
    <li>
      <button type="button" class={`option ${props.isDone === true ? "option--done" : ""}`} onClick={props.onPress}>
        <Icon name={props.icon} />
        <span>
          <span class="option__title">{props.title}</span>
          <span class="option__text">{props.text}</span>
        </span>
        <Icon name="forward" />
      </button>
    </li>
  );
}

/** The page that is printed: nobody's name is on it, and it is nowhere but on paper. */
export function Paper({ results }: { readonly results: readonly ResultView[] }): JSX.Element {
  const words = useKioskWords();
  const { dayAndTime } = useFormats();
  return (
    <section class="paper-page" aria-hidden="true">
      <p class="paper-page__title">{words.handOver.summary}</p>
      {results.map((result) => (
        <div key={result.id} class="paper-page__result">
          <p>{words.readings.kind[result.kind]}</p>
          <p class="paper-page__value">{valueText(result, words)}</p>
          {result.note !== null && !result.controlSolution && (
            <p>
              {categoryWords(words, result.note)}. {words.readings.source(result.note.source)}
            </p>
          )}
          <p>{result.measuredAt === null ? words.readings.timeUnknown : dayAndTime(result.measuredAt)}</p>
        </div>
      ))}
      <p>{words.handOver.notDiagnosis}</p>
    </section>
  );
}
