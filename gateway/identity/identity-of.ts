import { newCsrPem } from "../../cloud-sync/identity/certificates.ts";
import { renewAt } from "../../cloud-sync/identity/enrolment-client.ts";
import { IdentityFolder } from "./identity-folder.ts";
import type { IdentityPorts } from "./identity-keeper.ts";

/** The identity in a folder of this machine, renewed at a service over HTTPS. */
export const identityOf = (
  { folder, enrolUrl }: { readonly folder: string; readonly enrolUrl: string },
  gateway: string,
): IdentityPorts => ({
  folder: new IdentityFolder(folder, gateway),
  renew: async (tls, key, signal) => await renewAt({ url: enrolUrl, tls, csr: await newCsrPem(key, gateway) }, signal),
});
