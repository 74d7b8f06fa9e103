import type { FastifyReply, FastifyRequest } from "fastify";

/** A secret that a browser keeps for us, which no script can read, until it is closed. */
export interface SecretCookie {
  set(reply: FastifyReply, secret: string): void;
  clear(reply: FastifyReply): void;
  read(request: FastifyRequest): string | null;
}

/** `__Host-` binds it to this very host over TLS (RFC 6265bis, 4.1.3.2); without TLS, on loopback, its name is plain. */
export function secretCookie(ownName: string, isTls: boolean): SecretCookie {
  const name = isTls ? `__Host-${ownName}` : ownName;
  const rules = `Path=/; HttpOnly; SameSite=Strict${isTls ? "; Secure" : ""}`;
  return {
    set: (reply, secret) => void reply.header("set-cookie", `${name}=${secret}; ${rules}`),
    clear: (reply) => void reply.header("set-cookie", `${name}=; ${rules}; Max-Age=0`),
    read({ headers }) {
      const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim());
      const own = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
      return own === undefined || own === "" ? null : own;
    },
  };
}
