import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { AssignmentView, StaffDevice } from "../../contract/staff-view.ts";
import { Button } from "../design/button.tsx";
import { Badge } from "../design/notice.tsx";
import { Decision } from "./decision.tsx";
import { deviceName } from "./device-name.ts";
import { Section } from "./section.tsx";
import { useSay, useStaffWords } from "./staff-words.ts";

export function AssignmentsSection(props: {
  readonly assignments: readonly AssignmentView[];
  readonly devices: readonly StaffDevice[];
}): JSX.Element {
  const words = useStaffWords();
  const say = useSay();
  const [ending, setEnding] = useState<AssignmentView | null>(null);
  const nameOf = (deviceId: string): string => {
    const device = props.devices.find(({ id }) => id === deviceId);
    return device === undefined ? words.devices.unnamed : deviceName(device, words);
  };
  const dismiss = (): void => setEnding(null);
  return (
    <Section id="assignments" title={words.assignments.title} isWide>
      {props.assignments.length === 0 && <p class="calm">{words.assignments.none}</p>}
      <ul class="rows">
        {props.assignments.map((each) => (
          <li key={each.id} class={`rows__row ${each.untilAt === null ? "" : "rows__row--past"}`}>
            <span class="rows__main">
              <strong>{each.person}</strong>
              <span class="small faint">
                {nameOf(each.deviceId)} ·{" "}
                {each.userSlot === null ? words.assignments.whole : words.assignments.slot(each.userSlot)}
                {" · "}
                {each.untilAt === null
                  ? words.assignments.from(say.day(each.fromAt))
                  : words.assignments.ended(say.day(each.untilAt))}
              </span>
            </span>
            {each.source === "roster" && <Badge tone="info">{words.assignments.roster}</Badge>}
            {each.source === "local" && each.untilAt === null && (
              <Button size="small" label={`${words.assignments.end} ${each.person}`} onPress={() => setEnding(each)}>
                {words.assignments.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {ending !== null && (
        <Decision
          title={words.assignments.endTitle}
          text={words.assignments.endText(ending.person, nameOf(ending.deviceId))}
          yes={words.assignments.endYes}
          path="/api/staff/assignments/end"
          body={{ id: ending.id }}
          isGrave
          onDone={dismiss}
          onDismiss={dismiss}
        />
      )}
    </Section>
  );
}
