import type { JSX } from "preact";
import type { Language, VisitStep } from "../../contract/visit-view.ts";
import { Icon } from "../design/icon.tsx";
import { Mark } from "../design/mark.tsx";
import { useStore } from "../live/store.ts";
import { languageNames } from "../messages/language.ts";
import { useKiosk, useKioskWords } from "./kiosk-context.ts";
import { preferences, setPreferences } from "./preferences.ts";

/** What is on every screen: whose screen it is, how it reads best, and in which language. */
export function Head(props: {
  readonly language: Language;
  readonly onLanguage: (language: Language) => void;
  /** Null where there is no way to go along yet. */
  readonly step: VisitStep | "who" | null;
}): JSX.Element {
  const words = useKioskWords();
  const { kiosk } = useKiosk();
  const chosen = useStore(preferences);
  return (
    <header class="head">
      <p class="brand">
        <Mark />
        Carepost
      </p>
      {props.step !== null && <Progress step={props.step} />}
      <div class="head__tools">
        {(kiosk?.languages ?? []).map((language) => (
          <button
            key={language}
            type="button"
            class="tool"
            lang={language}
            aria-pressed={language === props.language}
            onClick={() => props.onLanguage(language)}
          >
            {languageNames[language]}
          </button>
        ))}
        <Tool
          icon="text"
          label={words.largerText}
          isOn={chosen.isLarge}
          onPress={() => setPreferences({ ...chosen, isLarge: !chosen.isLarge })}
        />
        <Tool
          icon="contrast"
          label={words.highContrast}
          isOn={chosen.isHighContrast}
          onPress={() => setPreferences({ ...chosen, isHighContrast: !chosen.isHighContrast })}
        />
      </div>
    </header>
  );
}

function Tool(props: {
  readonly icon: "text" | "contrast";
  readonly label: string;
  readonly isOn: boolean;
  readonly onPress: () => void;
}): JSX.Element {
  return (
    <button type="button" class="tool" aria-pressed={props.isOn} aria-label={props.label} onClick={props.onPress}>
      <Icon name={props.icon} />
    </button>
  );
}

/** How far along the visit is. */
function Progress({ step }: { readonly step: VisitStep | "who" }): JSX.Element | null {
  const words = useKioskWords();
  const now = stages.findIndex((stage) => stage === (step === "pair" ? "choose" : step));
  const stage = stages[now];
  if (stage === undefined) return null;
  const label = words.stepOf(now + 1, stages.length, words.steps[stage]);
  return (
    <div class="progress">
      <p class="unseen" role="status">
        {label}
      </p>
      <ol class="progress__row" aria-hidden="true">
        {stages.map((name, index) => (
          <li key={name} class={index < now ? "is-done" : index === now ? "is-now" : ""}>
            {words.steps[name]}
          </li>
        ))}
      </ol>
    </div>
  );
}

const stages = ["who", "consent", "choose", "measure", "result", "hand-over"] as const;

/** What nobody can know who has no meter in the hand: the digits on its label are those of the scenario `kiosk`. */
export function DemoNotice({ step }: { readonly step: VisitStep | "who" | null }): JSX.Element | null {
  const { kiosk, visit } = useKiosk();
  const words = useKioskWords();
  if (kiosk?.isDemo !== true) return null;
  const isLabelAsked = visit?.pairing?.question?.ask === "enter-passkey";
  const hints: Readonly<Partial<Record<VisitStep | "who", string>>> = {
    who: words.demoWho,
    pair: isLabelAsked ? words.demoPasskey : words.demo,
    measure: words.demoMeasure,
  };
  return <aside class="demo">{(step === null ? null : hints[step]) ?? words.demo}</aside>;
}
