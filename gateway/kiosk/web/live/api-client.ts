import type { ErrorAnswer } from "../../contract/live.ts";

/** What the gateway refused: its code, for which the page has words, and its own words for the rest. */
export class Refusal extends Error {
  /** A code of `carepost-error.ts`; `unreachable` if there was no answer, `unclear` if it cannot be read. */
  readonly code: string;
  /** Of HTTP; 0 if there was no answer. */
  readonly status: number;
  readonly remedy: string;

  constructor(status: number, code: string, told: { readonly message: string; readonly remedy: string }) {
    super(told.message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.remedy = told.remedy;
  }
}

/** Everything rejects with a `Refusal`, or with the signal's reason. */
export interface ApiClient {
  /** Asks for what the first change needs, so that it need not wait for it. Whatever goes wrong is left to that change. */
  prepare(): void;
  get<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
  post<Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer>;
  remove<Answer>(path: string, signal?: AbortSignal): Promise<Answer>;
  /** For what is not JSON: a file to be saved. */
  download(path: string, body: object): Promise<{ readonly name: string; readonly text: string }>;
}

/** The token that proves a change to come from this page is asked for once, and again when it no longer holds. */
export function createApiClient(): ApiClient {
  let token: Promise<string> | null = null;
  const freshToken = async (): Promise<string> => {
    const { csrfToken }: { csrfToken: string } = await (await send("/api/session", {})).json();
    return csrfToken;
  };

  async function change(path: string, options: RequestInit): Promise<Response> {
    token ??= freshToken();
    // A body that is announced and does not come is refused.
    const type = options.body === undefined ? {} : { "content-type": "application/json" };
    const headers = (csrf: string): HeadersInit => Object.assign({ "x-carepost-csrf": csrf }, type);
    try {
      return await send(path, { ...options, headers: headers(await token) });
    } catch (error) {
      token = null;
      const isStale = error instanceof Refusal && error.status === 403;
      if (!isStale) throw error;
      token = freshToken();
      return send(path, { ...options, headers: headers(await token) });
    }
  }

  const post = (path: string, body: object, signal?: AbortSignal): Promise<Response> =>
    change(path, {
      method: "POST",
      body: JSON.stringify(body),
      signal: signal ?? null,
    });

  return {
    prepare: () => {
      const asked = (token ??= freshToken());
      asked.catch(() => {
        if (token === asked) token = null;
      });
    },
    get: async (path, signal) => answerOf(await send(path, { signal: signal ?? null })),
    post: async (path, body, signal) => answerOf(await post(path, body, signal)),
    remove: async (path, signal) => answerOf(await change(path, { method: "DELETE", signal: signal ?? null })),
    download: async (path, body) => {
      const response = await post(path, body);
      const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "carepost.txt";
      return { name, text: await response.text() };
    },
  };
}

async function send(path: string, options: RequestInit): Promise<Response> {
  const response = await fetch(path, { ...options, cache: "no-store", redirect: "error" }).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw new Refusal(0, "unreachable", { message: error instanceof Error ? error.message : "", remedy: "" });
  });
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  const answer: Answer = JSON.parse(text === "" ? "null" : text);
  return answer;
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const { error }: ErrorAnswer = await response.json();
    return new Refusal(response.status, error.code, error);
  } catch {
    return new Refusal(response.status, "unclear", { message: `HTTP ${response.status}`, remedy: "" });
  }
}
