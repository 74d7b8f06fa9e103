import type { JSX } from "preact";
import type { ResultView, VisitView } from "../../contract/visit-view.ts";
import { Button } from "../design/button.tsx";
import { Icon } from "../design/icon.tsx";
import { Notice } from "../design/notice.tsx";
import { Spinner } from "../design/progress.tsx";
import { Frame } from "../journey/frame.tsx";
import { useKiosk, useKioskWords, useSession } from "../journey/kiosk-context.ts";
import type { Words } from "../messages/en.ts";
import { useFormats } from "../messages/language.ts";
import { isLow, RangeScale } from "./range-scale.tsx";
import { Trend } from "./trend.tsx";
import { Value } from "./value.tsx";

/** The value, what it may mean, and what to do if it must not wait. */
export function ResultScreen({ visit }: { readonly visit: VisitView }): JSX.Element {
  const words = useKioskWords();
  const session = useSession();
  const { isBusy } = useKiosk();
  const [result] = visit.results;
  if (result === undefined) return <Frame title={words.measure.receiving} picture={<Spinner />} />;
  const again = (): void => (visit.device === null ? session.goTo("choose") : session.measure(visit.device.token));
  // What must not wait stands alone.
  const isUrgent = result.note?.level === "urgent";
  const trend = !isUrgent && visit.trend !== null && visit.trend.points.length > 1 ? visit.trend : null;
  return (
    <Frame
      key={result.id}
      title={words.readings.kind[result.kind]}
      shape="result"
      actions={
        <>
          <Button size="large" icon="refresh" isDisabled={isBusy} onPress={again}>
            {words.result.again}
          </Button>
          <Button
            look="primary"
            size="large"
            iconAfter="forward"
            isBusy={isBusy}
            onPress={() => session.goTo("hand-over")}
          >
            {words.goOn}
          </Button>
        </>
      }
    >
      <div class={`result ${shapeOf(result, trend !== null)}`}>
        <div class="result__value">
          <Value result={result} />
          {result.note !== null && !result.controlSolution && <RangeScale note={result.note} />}
          <Facts result={result} />
        </div>
        <div class="result__meaning">
          <Meaning result={result} />
        </div>
        <Remarks result={result} />
        {trend !== null && <Trend trend={trend} now={result.measuredAt} />}
      </div>
    </Frame>
  );
}

/** What there is beside the value, where the screen is wide; of a value that is as it should be, nothing. */
function shapeOf({ note, remarks, controlSolution }: ResultView, hasTrend: boolean): string {
  const remarked = remarks.length > 0 ? "result--remarked" : "";
  if (hasTrend) return `result--trend ${remarked}`;
  const isBrief = !controlSolution && remarks.length === 0 && (note === null || note.level === "in-range");
  return isBrief ? "" : `result--beside ${remarked}`;
}

function Meaning({ result }: { readonly result: ResultView }): JSX.Element | null {
  const words = useKioskWords();
  const { kiosk } = useKiosk();
  if (result.controlSolution) return <Notice tone="info" title={words.readings.control} isStatic />;
  if (result.note === null) return null;
  const advice = adviceOn(words, result);
  return (
    <>
      {result.note.level === "urgent" ? (
        <Notice tone="urgent" title={words.readings.urgentTitle}>
          <p>{advice.replace("{emergency}", kiosk?.emergencyNumber ?? "911")}</p>
        </Notice>
      ) : (
        advice !== "" && <p>{advice}</p>
      )}
      <p class="small faint">{words.readings.source(result.note.source)}</p>
    </>
  );
}

/** The next thing to do with a value of this kind. */
function adviceOn({ readings }: Words, { kind, note }: ResultView): string {
  if (note === null || note.level === "in-range") return "";
  if (note.level !== "urgent") return readings.advice[kind][note.level];
  if (kind !== "glucose") return readings.urgent[kind];
  return isLow(note) ? readings.urgent.glucoseLow : readings.urgent.glucoseHigh;
}

function Remarks({ result }: { readonly result: ResultView }): JSX.Element | null {
  const { readings } = useKioskWords();
  const known: Readonly<Record<string, string>> = readings.remark;
  const said = new Set(result.remarks.map((remark) => known[remark.replaceAll("_", "-")] ?? readings.otherRemark));
  if (said.size === 0) return null;
  return (
    <ul class="remarks">
      {[...said].map((remark) => (
        <li key={remark}>
          <Icon name="info" />
          {remark}
        </li>
      ))}
    </ul>
  );
}

function Facts({ result }: { readonly result: ResultView }): JSX.Element {
  const { readings } = useKioskWords();
  const { dayAndTime } = useFormats();
  const { delivery, measuredAt, userSlot } = result;
  return (
    <ul class="facts small">
      <li>
        <Icon name="clock" />
        {measuredAt === null ? readings.timeUnknown : readings.at(dayAndTime(measuredAt))}
      </li>
      <li>
        <Icon name={delivery === "delivered" ? "check" : delivery === "held" ? "lock" : "cloud"} />
        <span role="status">{readings.delivery[delivery]}</span>
      </li>
      {userSlot !== null && (
        <li>
          <Icon name="person" />
          {readings.slot(String(userSlot))}
        </li>
      )}
    </ul>
  );
}
