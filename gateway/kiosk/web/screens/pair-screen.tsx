import type { JSX } from "preact";
import type { DeviceKind, PairingView, VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Spinner } from "../design/progress.tsx";
import { DeviceDrawing, PairingDrawing } from "../drawings/device-drawings.tsx";
import { SuccessDrawing } from "../drawings/scene-drawings.tsx";
import { minutesAndSeconds, useSecondsLeft } from "../journey/countdown.ts";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { FailureFrame } from "./failure-frame.tsx";
import { Question } from "./pairing-questions.tsx";

/** Pairing, as it goes: what the device wants next is on the screen, and nothing else. */
export function PairScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const session = useSession();
  const words = useKioskWords();
  const { pairing, kind } = visit;
  if (pairing === null) return <Frame key="none" title={words.loading} picture={<Spinner />} />;
  switch (pairing.phase) {
    case "searching":
      return <Searching pairing={pairing} kind={kind} />;
    case "connecting":
      return (
        <Frame
          key="connecting"
          title={words.pair.connecting}
          lead={words.pair.connectingText}
          picture={<PairingDrawing kind={kind} />}
        >
          <Spinner />
        </Frame>
      );
    case "asking":
      return pairing.question === null ? (
        <Frame key="asking" title={words.pair.connecting} picture={<PairingDrawing kind={kind} />} />
      ) : (
        <Question key={pairing.question.number} question={pairing.question} />
      );
    case "paired":
      return <Paired key="paired" visit={visit} />;
    case "failed":
      return (
        <FailureFrame
          key="failed"
          failure={pairing.failure ?? { code: "unclear", mayRetry: true }}
          onRetry={session.openPairing}
        />
      );
    default:
      return pairing.phase satisfies never;
  }
}

function Searching({
  pairing,
  kind,
}: {
  readonly pairing: PairingView;
  readonly kind: DeviceKind | null;
}): JSX.Element {
  const near = pairing.candidates.filter(({ isNear }) => isNear);
  const [only] = near;
  if (only !== undefined && near.length === 1) return <Found key="found" candidate={only} kind={kind} />;
  if (near.length > 1) return <Several key="several" pairing={pairing} />;
  return <Looking key="looking" pairing={pairing} kind={kind} />;
}

function Looking({ pairing, kind }: { readonly pairing: PairingView; readonly kind: DeviceKind | null }): JSX.Element {
  const words = useKioskWords();
  const [far] = pairing.candidates;
  return (
    <Frame title={words.pair.searching} lead={words.pair.searchingText} picture={<PairingDrawing kind={kind} />}>
      {far === undefined ? (
        <Spinner />
      ) : (
        <p class="far" role="status">
          <Bars signal={far.signal} />
          <span>
            <strong>{far.name ?? words.pair.unnamed}</strong>
            <br />
            {words.pair.tooFar}
          </span>
        </p>
      )}
      <Remaining pairing={pairing} />
    </Frame>
  );
}

function Remaining({ pairing }: { readonly pairing: PairingView }): JSX.Element {
  const words = useKioskWords();
  const { visitAt } = useKiosk();
  const seconds = useSecondsLeft(pairing.remainingMs, visitAt);
  return <p class="small faint figures">{words.pair.remaining(minutesAndSeconds(seconds))}</p>;
}

type Candidate = PairingView["candidates"][number];

function Found({ candidate, kind }: { readonly candidate: Candidate; readonly kind: DeviceKind | null }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const drawn = candidate.kind ?? kind ?? "blood-pressure-monitor";
  return (
    <Frame
      title={words.pair.foundTitle}
      lead={words.pair.foundText}
      picture={<DeviceDrawing kind={drawn} />}
      actions={
        <Button
          look="primary"
          size="large"
          icon="check"
          isBusy={isBusy}
          onPress={() => session.choosePairing(candidate.token)}
        >
          {words.pair.thisOne}
        </Button>
      }
    >
      <p class="found">
        <Bars signal={candidate.signal} />
        <strong>{candidate.name ?? words.pair.unnamed}</strong>
      </p>
      <p class="small faint">{words.pair.notMine}</p>
    </Frame>
  );
}

function Several({ pairing }: { readonly pairing: PairingView }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  return (
    <Frame title={words.pair.severalTitle} lead={words.pair.severalText} shape="wide">
      <ul class="candidates">
        {pairing.candidates.map((candidate) => (
          <li key={candidate.token}>
            <button
              type="button"
              class="candidate"
              disabled={isBusy || !candidate.isNear}
              onClick={() => session.choosePairing(candidate.token)}
            >
              <Bars signal={candidate.signal} />
              <span class="candidate__name">
                {candidate.name ?? words.pair.unnamed}
                {!candidate.isNear && <span class="small faint">{words.pair.tooFar}</span>}
              </span>
              {candidate.isNear && <Icon name="forward" />}
            </button>
          </li>
        ))}
      </ul>
      <Remaining pairing={pairing} />
    </Frame>
  );
}

function Bars({ signal }: { readonly signal: number }): JSX.Element {
  const words = useKioskWords();
  return (
    <svg class="bars" viewBox="0 0 44 40" role="img" aria-label={words.pair.signal(signal)}>
      {[0, 1, 2, 3].map((bar) => (
        <rect
          key={bar}
          class={bar < signal ? "is-on" : ""}
          x={bar * 11 + 1}
          y={30 - bar * 9}
          width="8"
          height={bar * 9 + 9}
          rx="3"
        />
      ))}
    </svg>
  );
}

function Paired({ visit }: { readonly visit: VisitView }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const device = visit.device ?? visit.devices.findLast(({ of }) => of === "own") ?? null;
  return (
    <Frame
      title={words.pair.pairedTitle}
      lead={words.pair.pairedText}
      picture={<SuccessDrawing />}
      actions={
        <Button
          look="primary"
          size="large"
          iconAfter="forward"
          isBusy={isBusy}
          onPress={() => (device === null ? session.goTo("measure") : session.measure(device.token))}
        >
          {words.pair.measureNow}
        </Button>
      }
    >
      {device?.name != null && <p>{words.pair.name(device.name)}</p>}
    </Frame>
  );
}
