import type { ErrorAnswer } from "../fleet-api.ts";

/** What the server refused, in its words; `status` 0 if it could not be reached. */
export class Refusal extends Error {
  readonly status: number;
  readonly remedy: string;

  constructor(status: number, message: string, remedy: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.remedy = remedy;
  }
}

/** Throws a `Refusal`, or the signal's reason. */
export const ask = <Answer>(path: string, signal: AbortSignal): Promise<Answer> => request(path, { signal });

/** Sends what changes something, with the session's token. */
export const tell = <Answer>(path: string, body: object, csrfToken: string): Promise<Answer> =>
  request(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-carepost-csrf": csrfToken },
    body: JSON.stringify(body),
  });

async function request<Answer>(path: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(path, { ...options, cache: "no-store", redirect: "error" }).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw new Refusal(0, "The server cannot be reached", error instanceof Error ? error.message : "");
  });
  if (!response.ok) throw await refusalOf(response);
  const answer: Answer = await response.json();
  return answer;
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const { error }: ErrorAnswer = await response.json();
    return new Refusal(response.status, error.message, error.remedy);
  } catch {
    return new Refusal(response.status, `The server answered ${response.status}`, "");
  }
}
