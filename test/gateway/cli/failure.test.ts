import { expect, test } from "vitest";
import { identityErrors } from "../../../cloud-sync/identity/identity-error.ts";
import { failureOf } from "../../../gateway/cli/failure.ts";
import { gatewayErrors } from "../../../gateway/gateway-error.ts";

test("each of several failures at once is told with what to do, and an error that nobody foresaw as a fault of ours", () => {
  const bundle = new AggregateError([gatewayErrors.make("gateway-failed", "one"), new Error("another")]);
  const { causes } = failureOf(gatewayErrors.make("gateway-failed", "two parts failed", { cause: bundle }));
  expect(causes).toMatchObject([{ code: "gateway-failed", message: "one" }, { code: "unexpected" }]);
});

test("the addresses that were tried in vain are no failures of the program", () => {
  // As Node makes it of a name that has several.
  const errors = ["::1", "127.0.0.1"].map((address) => new Error(`connect ECONNREFUSED ${address}:443`));
  const tried = Object.assign(new AggregateError(errors), { code: "ECONNREFUSED" });
  const failure = failureOf(identityErrors.make("enrolment-unreachable", "ECONNREFUSED", { cause: tried }));
  expect(failure).toMatchObject({ code: "enrolment-unreachable" });
  expect(failure).not.toHaveProperty("causes");
});
