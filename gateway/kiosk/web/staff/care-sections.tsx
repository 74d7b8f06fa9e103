import type { JSX } from "preact";
import { useContext, useState } from "preact/hooks";
import type { StaffCheck } from "../../contract/staff-view.ts";
import { Button } from "../design/button.tsx";
import { Badge, Notice, type Tone } from "../design/notice.tsx";
import { LanguageContext } from "../messages/language.ts";
import { checkWords } from "./check-words.ts";
import { Decision, useClient } from "./decision.tsx";
import { Field, personIn } from "./field.tsx";
import { saveText } from "./save-text.ts";
import { Section } from "./section.tsx";
import { failureText, useStaffWords } from "./staff-words.ts";

/** A person takes back their consent. */
export function ConsentSection(): JSX.Element {
  const words = useStaffWords();
  const [isAsked, setAsked] = useState(false);
  const [isDone, setDone] = useState(false);
  const [text, setText] = useState("");
  const person = personIn(text);
  const ask = (asked: boolean): void => {
    setAsked(asked);
    setText("");
  };
  return (
    <Section id="consent" title={words.consent.title} lead={words.consent.lead} isWide>
      {isDone && <Notice tone="good" title={words.consent.done} />}
      <Button
        size="small"
        look="danger"
        onPress={() => {
          setDone(false);
          ask(true);
        }}
      >
        {words.consent.button}
      </Button>
      {isAsked && (
        <Decision
          title={words.consent.dialogTitle}
          text={words.consent.dialogText}
          yes={words.consent.yes}
          path="/api/staff/consents/withdraw"
          body={person === null ? null : { person }}
          isGrave
          onDone={() => {
            setDone(true);
            ask(false);
          }}
          onDismiss={() => ask(false)}
        >
          <Field label={words.held.person} hint={words.held.personHint} value={text} onValue={setText} />
        </Decision>
      )}
    </Section>
  );
}

const checkTones: Readonly<Record<StaffCheck["state"], Tone | "plain">> = {
  ok: "good",
  warning: "caution",
  failed: "urgent",
  skipped: "plain",
};

export function DoctorSection(): JSX.Element {
  const words = useStaffWords();
  const client = useClient();
  const [checks, setChecks] = useState<readonly StaffCheck[] | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      setChecks(await client.doctor());
    } catch (error) {
      setFailure(failureText(error, words));
    } finally {
      setBusy(false);
    }
  };
  const isWell = checks?.every(({ state }) => state === "ok" || state === "skipped") ?? false;
  const label = isBusy ? words.doctor.running : checks === null ? words.doctor.run : words.doctor.again;
  return (
    <Section id="doctor" title={words.doctor.title} lead={words.doctor.lead} isWide>
      <Button size="small" icon="pulse" isBusy={isBusy} onPress={() => void run()}>
        {label}
      </Button>
      {failure !== null && <Notice tone="urgent" title={failure} />}
      {isWell && <Notice tone="good" title={words.doctor.allWell} />}
      {checks !== null && (
        <ul class="checks">
          {checks.map((check) => (
            <CheckItem key={check.name} check={check} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function CheckItem({ check }: { readonly check: StaffCheck }): JSX.Element {
  const { doctor } = useStaffWords();
  const { name, told, remedies, detail, language } = checkWords(check, useContext(LanguageContext));
  return (
    <li class="checks__check">
      <Badge tone={checkTones[check.state]}>{doctor.states[check.state]}</Badge>
      <div lang={language}>
        <h3>{name}</h3>
        <p class="small">{told}</p>
        {remedies.map((remedy) => (
          <p key={remedy} class="small checks__remedy">
            {remedy}
          </p>
        ))}
        {detail !== null && (
          <p class="small faint">
            {doctor.detail} <span lang="en">{detail}</span>
          </p>
        )}
      </div>
    </li>
  );
}

export function SupportSection(): JSX.Element {
  const words = useStaffWords();
  const client = useClient();
  const [saved, setSaved] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const { name, text } = await client.supportBundle();
      saveText(name, text);
      setSaved(name);
    } catch (error) {
      setFailure(failureText(error, words));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section id="support" title={words.support.title} lead={words.support.lead}>
      <Button size="small" icon="down" isBusy={isBusy} onPress={() => void save()}>
        {isBusy ? words.support.saving : words.support.save}
      </Button>
      {saved !== null && <Notice tone="good" title={words.support.saved(saved)} />}
      {failure !== null && <Notice tone="urgent" title={failure} />}
    </Section>
  );
}
