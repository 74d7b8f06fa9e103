import type { GatewayListener } from "../gateway-event.ts";
import type { VisitDesk } from "./visit-desk.ts";

/** Tells how far the visit is each time that this changes: of whose visit it is, nothing. Returns what ends it. */
export function tellVisits(visits: Pick<VisitDesk, "current" | "onChange">, tell: GatewayListener): () => void {
  let told = JSON.stringify(nobody);
  return visits.onChange(() => {
    const view = visits.current()?.view() ?? null;
    const isOver = view === null || view.ended !== null;
    const moment = isOver ? nobody : { step: view.step, kind: view.kind, device: view.device?.name ?? null };
    const text = JSON.stringify(moment);
    if (text === told) return;
    told = text;
    tell({ type: "visit", ...moment });
  });
}

const nobody = { step: null, kind: null, device: null };
