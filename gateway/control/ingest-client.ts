import { connect, type Socket } from "node:net";
import { BoundedLines } from "../radio/bounded-lines.ts";
import { errorOf } from "./control-failure.ts";
import { parseControl } from "./control-protocol.ts";
import { ingestControlErrors } from "./ingest-control-error.ts";
import {
  ingestAnswer,
  ingestAnswerBytesMax,
  ingestControlVersion,
  type IngestRequest,
  type IngestResult,
} from "./ingest-protocol.ts";

type Without<Request> = Request extends unknown ? Omit<Request, "v"> : never;
export type IngestQuestion = Without<IngestRequest>;
export type ResultOf<Op extends IngestResult["op"]> = Extract<IngestResult, { readonly op: Op }>;

/**
 * Asks the ingestor that runs at this socket; null if none does, and then nothing was done. Rejects with its own errors,
 * or with `ingestor-denied`, `ingestor-lost` or `ingestor-mismatch`.
 */
export async function askIngestor<Op extends IngestResult["op"]>(
  path: string,
  question: IngestQuestion & { readonly op: Op },
): Promise<ResultOf<Op> | null> {
  const socket = await connectIngestor(path);
  if (socket === null) return null;
  try {
    const line = await exchange(socket, `${JSON.stringify({ v: ingestControlVersion, ...question })}\n`);
    const answer = parseControl(ingestAnswer, line);
    if (answer?.ok === false) throw errorOf(answer.failure);
    if (answer !== null && isResult(answer.result, question.op)) return answer.result;
    throw ingestControlErrors.make("ingestor-mismatch", "the ingestor answered something else");
  } finally {
    socket.destroy();
  }
}

/** Null where nobody listens. */
function connectIngestor(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      socket.destroy();
      if (cause.code !== "EACCES" && cause.code !== "EPERM") return resolve(null);
      reject(ingestControlErrors.make("ingestor-denied", "the ingestor that runs here is another user's", { cause }));
    });
    socket.once("connect", () => resolve(socket));
  });
}

function exchange(socket: Socket, said: string): Promise<string> {
  const lines = new BoundedLines(ingestAnswerBytesMax);
  return new Promise((resolve, reject) => {
    const lost = (): void =>
      reject(ingestControlErrors.make("ingestor-lost", "the ingestor ended the conversation without an answer"));
    socket.on("error", lost);
    socket.on("close", lost);
    socket.on("data", (chunk: Buffer) => {
      const told = lines.push(chunk);
      if (told === null) reject(ingestControlErrors.make("ingestor-mismatch", "the answer has no end"));
      else if (told[0] !== undefined) resolve(told[0]);
    });
    socket.write(said);
  });
}

function isResult<Op extends IngestResult["op"]>(result: IngestResult, op: Op): result is ResultOf<Op> {
  return result.op === op;
}
