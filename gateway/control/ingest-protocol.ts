import { z } from "zod";
import { gatewayId, personReference } from "../../cloud-sync/contract/reading.ts";
import { controlFailure } from "./control-failure.ts";

/**
 * What other commands of this machine say to the ingestor that runs, and what it answers: one JSON line each way over a
 * Unix socket that only the ingestor's own user can open. The sink of an ingestor may have no second writer, and only
 * the ingestor can speak to gateways.
 */
export const ingestControlVersion = 1;

/** The control socket of the ingestor that owns this file. */
export const ingestControlPath = (sinkPath: string): string => `${sinkPath}.sock`;

/** A thousand homes of two references each are some 200 kB. */
export const ingestRequestBytesMax = 262_144;
/** A support bundle has at most 4 MiB, and its text is escaped once more; dead letters that stay wrong are as many. */
export const ingestAnswerBytesMax = 16 * 2 ** 20;

export const homesAtOnceMax = 1_000;
export const lettersAtOnceMax = 1_000;
/** Beyond it only their number is told. */
export const remainingToldMax = 10_000;

const v = z.literal(ingestControlVersion);

export const ingestRequest = z.discriminatedUnion("op", [
  z.strictObject({
    v,
    op: z.literal("set-homes"),
    homes: z
      .array(z.strictObject({ person: personReference, gateway: gatewayId }))
      .max(homesAtOnceMax)
      .readonly(),
  }),
  z.strictObject({
    v,
    op: z.literal("remove-homes"),
    people: z.array(z.string().max(64)).max(homesAtOnceMax).readonly(),
  }),
  /** Without ids: all of them. */
  z.strictObject({
    v,
    op: z.literal("replay"),
    ids: z.array(z.int().min(1)).max(lettersAtOnceMax).readonly().optional(),
  }),
  z.strictObject({ v, op: z.literal("support-bundle"), gateway: gatewayId }),
]);

const count = z.int().min(0);

const result = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("set-homes"), changed: count }),
  z.strictObject({ op: z.literal("remove-homes"), changed: count }),
  z.strictObject({
    op: z.literal("replay"),
    examined: count,
    replayed: count,
    stored: count,
    duplicates: count,
    remaining: z
      .array(z.strictObject({ id: count, code: z.string(), reason: z.string() }))
      .max(remainingToldMax)
      .readonly(),
  }),
  z.strictObject({ op: z.literal("support-bundle"), text: z.string() }),
]);

export const ingestAnswer = z.discriminatedUnion("ok", [
  z.strictObject({ v, ok: z.literal(true), result }),
  z.strictObject({ v, ok: z.literal(false), failure: controlFailure }),
]);

export type IngestRequest = z.infer<typeof ingestRequest>;
export type IngestResult = z.infer<typeof result>;
export type IngestAnswer = z.infer<typeof ingestAnswer>;
