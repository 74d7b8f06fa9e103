import { type EncodedMessage, encodeMessage, type EnvelopeForm, sourceOfGateway } from "../contract/cloud-event.ts";
import type { TopicKind } from "../contract/topics.ts";

/** How this gateway puts what it says into messages: in its form, under its name. Batches are put together apart. */
export interface Envelope {
  /** The time, in milliseconds since 1970, if the clock is known to be right. */
  readonly trustedNow: () => number | null;
  seal(
    kind: TopicKind,
    attributes: { readonly id: string; readonly at: number | null; readonly subject?: string },
    data: object,
  ): EncodedMessage;
}

export function envelopeOf(gateway: string, form: EnvelopeForm, trustedNow: () => number | null): Envelope {
  const source = sourceOfGateway(gateway);
  return {
    trustedNow,
    seal: (kind, attributes, data) => encodeMessage(form, { ...attributes, kind, source }, data),
  };
}
