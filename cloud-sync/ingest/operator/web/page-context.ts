import type { SessionAnswer } from "../fleet-api.ts";
import type { Refusal } from "./api-client.ts";

/** What a view is lent by the page around it. */
export interface PageContext {
  /** Where the view builds itself. */
  readonly host: HTMLElement;
  readonly session: SessionAnswer;
  /** Aborted when another view takes its place. */
  readonly signal: AbortSignal;
  readonly lost: (refusal: Refusal | null, nextMs: number) => void;
}
