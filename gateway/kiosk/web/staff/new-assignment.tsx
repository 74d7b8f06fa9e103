import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { StaffDevice } from "../../contract/staff-view.ts";
import { Decision } from "./decision.tsx";
import { deviceName } from "./device-name.ts";
import { Field, personIn } from "./field.tsx";
import { useStaffWords } from "./staff-words.ts";

const slotMax = 254;

/** Whose a device is from now on, and under which consent. */
export function NewAssignment({
  device,
  onEnd,
}: {
  readonly device: StaffDevice;
  readonly onEnd: () => void;
}): JSX.Element {
  const words = useStaffWords();
  const [person, setPerson] = useState("");
  const [slot, setSlot] = useState("");
  const [consent, setConsent] = useState("");
  const reference = personIn(person);
  const isSlot = slot.trim() === "" || (/^\d{1,3}$/.test(slot.trim()) && Number(slot) <= slotMax);
  const body =
    reference === null || !isSlot
      ? null
      : {
          deviceId: device.id,
          userSlot: slot.trim() === "" ? null : Number(slot),
          person: reference,
          consent: consent.trim() === "" ? null : consent.trim(),
        };
  return (
    <Decision
      title={words.assignments.newTitle(deviceName(device, words))}
      text={words.assignments.newText}
      yes={words.assignments.newYes}
      path="/api/staff/assignments"
      body={body}
      onDone={onEnd}
      onDismiss={onEnd}
    >
      <Field label={words.held.person} hint={words.held.personHint} value={person} onValue={setPerson} />
      <Field
        label={words.assignments.userSlot}
        hint={words.assignments.userSlotHint}
        value={slot}
        onValue={setSlot}
        inputMode="numeric"
      />
      <Field
        label={words.assignments.consent}
        hint={words.assignments.consentHint}
        value={consent}
        onValue={setConsent}
      />
    </Decision>
  );
}
