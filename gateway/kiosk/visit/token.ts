import { randomBytes } from "node:crypto";

/** Names something within one visit, and means nothing outside of it. */
export const makeToken = (): string => randomBytes(12).toString("base64url");

/** 32 random octets: whoever has it leads the visit. */
export const makeSecret = (): string => randomBytes(32).toString("base64url");
