import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { gatewayErrors } from "../gateway-error.ts";
import type { ControlFailure } from "./control-protocol.ts";

/** An error as it crosses: whole, so that the other side can tell it as if it were its own. */
export function failureOf(error: unknown): ControlFailure {
  const known = error instanceof CarepostError ? error : unexpected(error);
  const { code, message, blame, recovery, remedy, context } = known;
  return { code, message: message.slice(0, 1_024), blame, recovery, remedy, context: { ...context } };
}

export function errorOf({ code, message, blame, recovery, remedy, context }: ControlFailure): CarepostError {
  return new CarepostError(code, { blame, recovery, remedy }, { message, context });
}

const unexpected = (cause: unknown): CarepostError =>
  gatewayErrors.make("gateway-failed", "the gateway failed in a way that nobody foresaw", { cause });
