import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { DeviceKind, MeasuringView, VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Spinner } from "../design/progress.tsx";
import { PairingDrawing } from "../drawings/device-drawings.tsx";
import { measuringDrawings } from "../drawings/measuring-drawings.tsx";
import { useSecondsLeft } from "../journey/countdown.ts";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import { useOwnBack } from "../journey/own-back.ts";
import { FailureFrame } from "./failure-frame.tsx";

/** Three pictures of how it is done, and all the while whether the device has been heard. */
export function MeasureScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const session = useSession();
  const words = useKioskWords();
  const { measuring, device } = visit;
  const kind = device?.kind ?? visit.kind ?? "blood-pressure-monitor";
  const again = (): void => (device === null ? session.goTo("choose") : session.measure(device.token));
  if (measuring === null) return <Frame key="none" title={words.loading} picture={<Spinner />} />;
  switch (measuring.phase) {
    case "waiting":
      return <Instructions kind={kind} measuring={measuring} />;
    case "receiving":
      return (
        <Frame
          key="receiving"
          title={words.measure.receiving}
          lead={words.measure.receivingText}
          picture={<PairingDrawing kind={kind} />}
        >
          <Spinner />
        </Frame>
      );
    case "nothing":
      return <Nothing key="nothing" kind={kind} onAgain={again} />;
    case "failed":
      return (
        <FailureFrame key="failed" failure={measuring.failure ?? { code: "unclear", mayRetry: true }} onRetry={again} />
      );
    default:
      return measuring.phase satisfies never;
  }
}

function Instructions({
  kind,
  measuring,
}: {
  readonly kind: DeviceKind;
  readonly measuring: MeasuringView;
}): JSX.Element {
  const words = useKioskWords();
  const [page, setPage] = useState(0);
  const steps = words.measure[kind];
  const step = steps[page];
  const Picture = measuringDrawings[kind][page];
  useOwnBack(page === 0 ? null : String(page), () => setPage(page - 1));
  if (step === undefined || Picture === undefined) return <Frame title={words.loading} />;
  const isLast = page === steps.length - 1;
  return (
    <Frame
      key={page}
      title={step.title}
      lead={step.text}
      picture={<Picture />}
      actions={
        isLast ? undefined : (
          <Button look="primary" size="large" iconAfter="forward" onPress={() => setPage(page + 1)}>
            {words.next}
          </Button>
        )
      }
    >
      <p class="dots" role="img" aria-label={words.measure.picture(page + 1, steps.length)}>
        {steps.map(({ title }, index) => (
          <span key={title} class={index <= page ? "is-on" : ""} />
        ))}
      </p>
      <Listening measuring={measuring} />
    </Frame>
  );
}

function Listening({ measuring }: { readonly measuring: MeasuringView }): JSX.Element {
  const words = useKioskWords();
  const { visitAt } = useKiosk();
  const isLong = useSecondsLeft(longMs - measuring.waitedMs, visitAt) === 0;
  return (
    <p class="listening" role="status">
      <Spinner size="small" />
      {isLong ? words.measure.waitingLong : words.measure.waiting}
    </p>
  );
}

/** A cuff takes about a minute, and rest comes before. */
const longMs = 180_000;

function Nothing({ kind, onAgain }: { readonly kind: DeviceKind; readonly onAgain: () => void }): JSX.Element {
  const words = useKioskWords();
  const { isBusy } = useKiosk();
  return (
    <Frame
      title={words.measure.nothingTitle}
      lead={words.measure.nothingText}
      picture={<PairingDrawing kind={kind} />}
      actions={
        <Button look="primary" size="large" icon="refresh" isBusy={isBusy} onPress={onAgain}>
          {words.measure.again}
        </Button>
      }
    />
  );
}
