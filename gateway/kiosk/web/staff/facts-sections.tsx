import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { StaffView } from "../../contract/staff-view.ts";
import { Button } from "../design/button.tsx";
import { Badge, type Tone } from "../design/notice.tsx";
import { Decision } from "./decision.tsx";
import { Facts, Section } from "./section.tsx";
import { useSay, useStaffWords } from "./staff-words.ts";

interface Shown {
  readonly view: StaffView;
}

export function DeliverySection({ view: { uplink } }: Shown): JSX.Element {
  const { delivery } = useStaffWords();
  const say = useSay();
  const isConnected = uplink.state === "connected";
  return (
    <Section id="delivery" title={delivery.title}>
      <Facts
        facts={[
          [delivery.state, <Badge tone={isConnected ? "good" : "caution"}>{delivery[uplink.state]}</Badge>],
          [delivery.waiting, say.number(uplink.waiting)],
          ...(uplink.oldestWaitingAt === null ? [] : [[delivery.oldest, say.ago(uplink.oldestWaitingAt)] as const]),
          [delivery.last, uplink.lastDeliveredAt === null ? delivery.notYet : say.ago(uplink.lastDeliveredAt)],
          [delivery.rejected, say.number(uplink.deadLetters)],
        ]}
      />
    </Section>
  );
}

const radioTones: Readonly<Record<StaffView["radio"]["condition"], Tone | "plain">> = {
  starting: "plain",
  up: "good",
  silent: "caution",
  down: "urgent",
};

export function RadioSection({ view: { radio: state } }: Shown): JSX.Element {
  const { radio } = useStaffWords();
  const way = (method: string): string => {
    const said: string | undefined = Reflect.get(radio.ways, method);
    return said ?? method;
  };
  return (
    <Section id="radio" title={radio.title}>
      <Facts
        facts={[
          [radio.state, <Badge tone={radioTones[state.condition]}>{radio.states[state.condition]}</Badge>],
          [radio.adapter, state.kind === state.adapter ? state.kind : `${state.adapter} (${state.kind})`],
          [radio.pairing, state.pairing.length === 0 ? radio.noPairing : state.pairing.map(way).join(", ")],
        ]}
      />
    </Section>
  );
}

export function MachineSection({ view }: Shown): JSX.Element {
  const { machine } = useStaffWords();
  const say = useSay();
  const [isAsked, setAsked] = useState(false);
  const { store, visit } = view;
  const step: string | undefined = visit === null ? undefined : Reflect.get(machine.steps, visit.step);
  const dismiss = (): void => setAsked(false);
  return (
    <Section id="machine" title={machine.title}>
      <Facts
        facts={[
          [
            machine.visit,
            visit === null ? machine.visitNone : machine.visitSince(step ?? visit.step, say.time(visit.startedAt)),
          ],
          [machine.gateway, view.gateway],
          [machine.version, view.version],
          [machine.clock, <Badge tone={view.clock === "trusted" ? "good" : "caution"}>{machine[view.clock]}</Badge>],
          [machine.readings, say.number(store.readings)],
          [machine.quarantined, say.number(store.quarantined)],
          [machine.size, say.bytes(store.fileBytes)],
        ]}
      />
      {visit !== null && (
        <Button size="small" look="danger" onPress={() => setAsked(true)}>
          {machine.endVisit}
        </Button>
      )}
      {isAsked && (
        <Decision
          title={machine.endVisitTitle}
          text={machine.endVisitText}
          yes={machine.endVisitYes}
          path="/api/staff/visit/end"
          body={{}}
          isGrave
          onDone={dismiss}
          onDismiss={dismiss}
        />
      )}
    </Section>
  );
}

export function AuditSection({ view }: Shown): JSX.Element {
  const { audit } = useStaffWords();
  const say = useSay();
  const { entries, headDeliveredAt } = view.audit;
  return (
    <Section id="audit" title={audit.title} lead={audit.lead}>
      <Facts
        facts={[
          [audit.entries, say.number(entries)],
          [audit.head, headDeliveredAt === null ? audit.never : say.ago(headDeliveredAt)],
        ]}
      />
    </Section>
  );
}
