import { z } from "zod";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { gatewayErrors } from "../gateway-error.ts";

const text = z.string().max(1_024);

/** An error as it crosses: whole, so that the other side can tell it as if it were its own. */
export const controlFailure = z.strictObject({
  code: z.string().max(64),
  message: text,
  blame: z.enum(["operator", "device", "network", "storage", "program"]),
  recovery: z.enum(["retry", "stop", "quarantine", "rebuild"]),
  remedy: text,
  context: z.record(z.string().max(64), z.union([z.string().max(1_024), z.number(), z.boolean(), z.null()])),
});
export type ControlFailure = z.infer<typeof controlFailure>;

/** @param unforeseen what is told of an error that has no code */
export function failureOf(error: unknown, unforeseen = gatewayFailed): ControlFailure {
  const known = error instanceof CarepostError ? error : unforeseen(error);
  const { code, message, blame, recovery, remedy, context } = known;
  return { code, message: message.slice(0, 1_024), blame, recovery, remedy, context: { ...context } };
}

export function errorOf({ code, message, blame, recovery, remedy, context }: ControlFailure): CarepostError {
  return new CarepostError(code, { blame, recovery, remedy }, { message, context });
}

const gatewayFailed = (cause: unknown): CarepostError =>
  gatewayErrors.make("gateway-failed", "the gateway failed in a way that nobody foresaw", { cause });
