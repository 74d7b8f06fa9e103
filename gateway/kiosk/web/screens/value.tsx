import type { JSX } from "preact";
import type { QuantityView, ResultView } from "../../contract/visit-view.ts";
import { Icon } from "../design/icon.tsx";
import { useKiosk, useKioskWords } from "../journey/kiosk-context.ts";
import { otherUnit } from "./other-unit.ts";

/** The value as the device said it, as large as the screen allows. */
export function Value({ result }: { readonly result: ResultView }): JSX.Element {
  return result.kind === "blood-pressure" ? <Pressure result={result} /> : <Concentration result={result} />;
}

function Pressure({ result }: { readonly result: ResultView }): JSX.Element {
  const words = useKioskWords().readings;
  const systolic = useShown(result.systolic);
  const diastolic = useShown(result.diastolic);
  const pulse = useShown(result.pulseRate);
  return (
    <>
      <p class="value figures">
        <span class="unseen">{words.pressureSpoken(systolic, diastolic)}</span>
        <span class="value__number" aria-hidden="true">
          {systolic}
          <span class="value__stroke">/</span>
          {diastolic}
        </span>
        <span class="value__unit" aria-hidden="true">
          {result.systolic?.unit ?? "mmHg"}
        </span>
      </p>
      {result.pulseRate !== null && (
        <p class="pulse figures">
          <Icon name="heart" />
          <span>
            {words.pulse} <strong>{pulse}</strong>
            {result.pulseRate.unit}
          </span>
        </p>
      )}
    </>
  );
}

function Concentration({ result }: { readonly result: ResultView }): JSX.Element {
  const words = useKioskWords().readings;
  const { kiosk } = useKiosk();
  const { concentration, kind } = result;
  const shown = useShown(concentration);
  const other = kind === "glucose" && kiosk !== null ? otherUnit(concentration, kiosk.glucoseUnit) : null;
  return (
    <>
      <p class="value figures">
        <span class="value__number">{shown}</span> <span class="value__unit">{concentration?.unit ?? ""}</span>
      </p>
      {other !== null && <p class="faint figures">{words.about(other.value, other.unit)}</p>}
      {concentration?.absent != null && <p>{words.absentMeans[concentration.absent]}</p>}
    </>
  );
}

/** A number, or what a meter shows instead of one. */
function useShown(quantity: QuantityView | null): string {
  const words = useKioskWords().readings;
  if (quantity === null) return "–";
  return quantity.value ?? words.absent[quantity.absent ?? "none"];
}
