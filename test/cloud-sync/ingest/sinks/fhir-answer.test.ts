import { expect, test } from "vitest";
import { type HttpAnswer, judgeAnswer, outcomeCharsMax } from "../../../../cloud-sync/ingest/sinks/fhir-answer.ts";

const answer = (status: number, body: unknown = {}, retryAfter: string | null = null): HttpAnswer => ({
  status,
  retryAfter,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

const response = (...statuses: readonly (string | undefined)[]): object => ({
  resourceType: "Bundle",
  type: "transaction-response",
  entry: statuses.map((status) => ({ response: { status, outcome: { resourceType: "OperationOutcome" } } })),
});

test("a transaction is taken only if every entry of it is", () => {
  expect(judgeAnswer(answer(200, response("201 Created", "200 OK", "201")), 3)).toEqual({
    type: "taken",
    entries: 3,
    created: 2,
  });
  for (const [status, type] of [
    ["422 Unprocessable", "refused"],
    ["400", "refused"],
    ["412", "conflict"],
    ["409 Conflict", "conflict"],
    ["503", "unavailable"],
    ["404 Not Found", "denied"],
    ["403", "denied"],
    ["500", "fault"],
    [undefined, "fault"],
    ["2xx", "fault"],
  ] as const) {
    expect.soft(judgeAnswer(answer(200, response("201", status)), 2), status).toMatchObject({ type });
  }
});

test("an answer that is no transaction's response, or of fewer entries, is not taken for one", () => {
  for (const body of ["", "<html>sign in</html>", "null", "[]", {}, { resourceType: "Bundle" }, response("201")]) {
    expect.soft(judgeAnswer(answer(200, body), 2)).toMatchObject({ type: "fault", refusal: { status: 200 } });
  }
});

test("the answer to a transaction of nothing has no entries, which FHIR writes by leaving them out", () => {
  for (const body of [response(), { resourceType: "Bundle", type: "transaction-response" }]) {
    expect.soft(judgeAnswer(answer(200, body), 0)).toEqual({ type: "taken", entries: 0, created: 0 });
  }
});

test("each HTTP status means one thing: wait, try again, or set aside", () => {
  const types: Readonly<Record<string, readonly number[]>> = {
    unavailable: [301, 302, 408, 423, 425, 429, 502, 503, 504, 507],
    denied: [401, 403, 404, 405, 415],
    conflict: [409, 412],
    fault: [500, 501],
    refused: [400, 410, 413, 422],
  };
  for (const [type, statuses] of Object.entries(types)) {
    for (const status of statuses) expect.soft(judgeAnswer(answer(status), 1), String(status)).toMatchObject({ type });
  }
});

test("the server's wish for a pause is heard, if it can be understood", () => {
  const afterMs = (retryAfter: string | null): unknown => judgeAnswer(answer(503, "", retryAfter), 1);
  expect(afterMs("7")).toMatchObject({ afterMs: 7_000 });
  for (const odd of [null, "Fri, 01 Jan 2027 00:00:00 GMT", "-1", "999999999"])
    expect(afterMs(odd)).toMatchObject({ afterMs: null });
});

test("the server's reason is kept, up to a bound", () => {
  const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", diagnostics: "x".repeat(50_000) }] };
  expect(judgeAnswer(answer(422, outcome), 1)).toMatchObject({
    refusal: { status: 422, outcome: JSON.stringify(outcome).slice(0, outcomeCharsMax) },
  });
});
