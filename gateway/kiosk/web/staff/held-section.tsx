import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { HeldReading } from "../../contract/staff-view.ts";
import type { QuantityView, ResultView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Badge } from "../design/notice.tsx";
import { Icon } from "../design/icon.tsx";
import type { StaffWords } from "../messages/staff-en.ts";
import { Decision } from "./decision.tsx";
import { Field, personIn } from "./field.tsx";
import { Section } from "./section.tsx";
import { useSay, useStaffWords } from "./staff-words.ts";

/** Readings that nobody owns: each is given to a person, or set aside, by hand. */
export function HeldSection({ held }: { readonly held: readonly HeldReading[] }): JSX.Element {
  const words = useStaffWords();
  const say = useSay();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<"assign" | "discard" | null>(null);
  // Somebody else may have decided meanwhile.
  const readings = held.map(({ reading }) => reading.id).filter((id) => chosen.has(id));
  const done = (): void => {
    setAsked(null);
    setChosen(new Set());
  };
  const toggle = (id: string): void => {
    const next = new Set(readings);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const isNone = readings.length === 0;
  return (
    <Section id="held" title={words.held.title} lead={held.length === 0 ? undefined : words.held.lead} isWide>
      {held.length === 0 && <p class="calm">{words.held.none}</p>}
      <ul class="held">
        {held.map((each) => (
          <HeldRow
            key={each.reading.id}
            held={each}
            isChosen={chosen.has(each.reading.id)}
            onToggle={() => toggle(each.reading.id)}
          />
        ))}
      </ul>
      {held.length > 0 && (
        <div class="held__actions">
          <p role="status">{say.count(readings.length, words.held.chosen)}</p>
          <Button look="quiet" onPress={() => setChosen(new Set(held.map(({ reading }) => reading.id)))}>
            {words.held.all}
          </Button>
          <Button look="danger" isDisabled={isNone} onPress={() => setAsked("discard")}>
            {words.held.discard}
          </Button>
          <Button look="primary" isDisabled={isNone} onPress={() => setAsked("assign")}>
            {words.held.assign}
          </Button>
        </div>
      )}
      {asked === "assign" && <Assign readings={readings} onDone={done} onDismiss={() => setAsked(null)} />}
      {asked === "discard" && (
        <Decision
          title={words.held.discardTitle}
          text={say.count(readings.length, words.held.discardText)}
          yes={words.held.discardYes}
          path="/api/staff/held/discard"
          body={isNone ? null : { readings }}
          isGrave
          onDone={done}
          onDismiss={() => setAsked(null)}
        />
      )}
    </Section>
  );
}

function Assign(props: {
  readonly readings: readonly string[];
  readonly onDone: () => void;
  readonly onDismiss: () => void;
}): JSX.Element {
  const words = useStaffWords();
  const say = useSay();
  const [text, setText] = useState("");
  const person = personIn(text);
  return (
    <Decision
      title={words.held.assignTitle}
      text={say.count(props.readings.length, words.held.assignText)}
      yes={words.held.assignYes}
      path="/api/staff/held/assign"
      body={person === null || props.readings.length === 0 ? null : { readings: props.readings, person }}
      onDone={props.onDone}
      onDismiss={props.onDismiss}
    >
      <Field label={words.held.person} hint={words.held.personHint} value={text} onValue={setText} />
    </Decision>
  );
}

function HeldRow(props: {
  readonly held: HeldReading;
  readonly isChosen: boolean;
  readonly onToggle: () => void;
}): JSX.Element {
  const words = useStaffWords();
  const say = useSay();
  const { reading, deviceName } = props.held;
  const value = valueText(reading, words);
  const at = reading.measuredAt ?? props.held.receivedAt;
  const when = at === null ? words.held.unknownTime : say.dayAndTime(at);
  return (
    <li>
      <button type="button" class="held__row" aria-pressed={props.isChosen} onClick={props.onToggle}>
        <span class="held__box">{props.isChosen && <Icon name="check" />}</span>
        <span class="held__value">
          <span class="figures">{value}</span>
          <span class="small faint">{words.kinds[reading.kind]}</span>
        </span>
        <span class="held__when">
          <span>{when}</span>
          <span class="small faint">{words.held.from(deviceName ?? words.held.unknownDevice)}</span>
        </span>
        <span class="held__marks">
          {reading.userSlot !== null && <Badge tone="plain">{words.held.slot(reading.userSlot)}</Badge>}
          {reading.controlSolution && <Badge tone="info">{words.held.control}</Badge>}
        </span>
      </button>
    </li>
  );
}

function valueText({ systolic, diastolic, pulseRate, concentration }: ResultView, words: StaffWords): string {
  if (concentration !== null) return `${figure(concentration, words)} ${concentration.unit}`;
  if (systolic === null || diastolic === null) return words.absent.none;
  const pressure = `${figure(systolic, words)}/${figure(diastolic, words)} ${systolic.unit}`;
  return pulseRate === null ? pressure : `${pressure} · ♥ ${figure(pulseRate, words)}`;
}

const figure = ({ value, absent }: QuantityView, words: StaffWords): string => value ?? words.absent[absent ?? "none"];
