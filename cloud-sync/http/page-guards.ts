import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { httpErrors } from "./http-error.ts";
import { isSameSecret } from "./secret-text.ts";

/** Where a request comes from. Each guard throws what is to be answered instead. */
export interface PageGuards {
  /** Every request: the name that it was sent to is ours. Against a stranger's name that points to this machine. */
  host(request: FastifyRequest): void;
  /** Of the API: it comes from our own page, or from no page at all. */
  origin(request: FastifyRequest): void;
}

export interface PageGuardOptions {
  /** Names and addresses that the page is reached by, without ports. */
  readonly names: readonly string[];
  readonly isTls: boolean;
  /** It listens on every address, so it is also reached by whichever a request came in at: no name of a stranger is one. */
  readonly isEverywhere?: boolean;
}

const sameSites: ReadonlySet<string | undefined> = new Set([undefined, "same-origin", "none"]);

export function pageGuards({ names, isTls, isEverywhere = false }: PageGuardOptions): PageGuards {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const scheme = isTls ? "https" : "http";
  return {
    host({ headers, raw, socket }) {
      const url = URL.parse(`${scheme}://${headers.host ?? ""}`);
      const isPlain = url !== null && url.pathname === "/" && url.username === "" && url.search === "";
      const name = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
      const isOwn = known.has(name) || (isEverywhere && name === socket.localAddress?.replace(/^::ffff:/, ""));
      // Of two, another than we may have been meant by whatever is before us (RFC 9112, 3.2).
      const isOne = raw.rawHeaders.filter((text, index) => index % 2 === 0 && /^host$/i.test(text)).length < 2;
      if (!isPlain || !isOwn || !isOne) {
        throw httpErrors.make("host-refused", "this is not a name of this page");
      }
    },
    origin({ headers, method }) {
      const site = headers["sec-fetch-site"];
      const { origin } = headers;
      const isOwn = origin === `${scheme}://${headers.host ?? ""}`;
      const isFromUs = origin === undefined ? method === "GET" || site === "same-origin" : isOwn;
      if (!sameSites.has(typeof site === "string" ? site : undefined) || !isFromUs) {
        throw httpErrors.make("origin-refused", "the request comes from another site");
      }
    },
  };
}

/** What changes something brings the token along that only our own page can read. */
export function checkCsrf({ headers }: FastifyRequest, wanted: string): void {
  const given = headers["x-carepost-csrf"];
  if (typeof given !== "string" || !isSameSecret(given, wanted)) {
    throw httpErrors.make("csrf-refused", "the token is missing or of another session");
  }
}

/** Reads what a request brought by a schema. Throws `request-invalid`, which names the field and the rule. */
export function readBy<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw httpErrors.make("request-invalid", path === "" ? "the request is malformed" : `${path} is invalid`);
}
