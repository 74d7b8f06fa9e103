import type { Command } from "commander";
import type { Authority } from "../../cloud-sync/identity/authority.ts";
import { systemClock } from "../system-clock.ts";

export interface AuthorityOptions {
  readonly dir: string;
}

export const addAuthorityOption = (command: Command): Command =>
  command.option("-d, --dir <folder>", "the authority's folder", "./ca");

/** Lends the authority, also while its service runs. */
export async function withAuthority<T>(
  { dir }: AuthorityOptions,
  use: (authority: Authority) => Promise<T>,
): Promise<T> {
  const { Authority: Opened } = await import("../../cloud-sync/identity/authority.ts");
  const authority = new Opened(dir, systemClock);
  try {
    return await use(authority);
  } finally {
    authority.close();
  }
}
