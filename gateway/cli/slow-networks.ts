import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";

/** A SYN that is lost is sent again after 1 s and 3 s; and a connection to a broker may take 10 s, so two are tried. */
const addressMsMax = 4_000;

/**
 * Of a name that has several addresses Node tries one after the other, and gives up each but the last after 250 ms. A
 * handshake takes longer over a satellite and many a mobile network: a home there would never reach a broker whose name
 * has an address of version 6 as well (nodejs/node#54359).
 */
export function bearSlowNetworks(): void {
  setDefaultAutoSelectFamilyAttemptTimeout(addressMsMax);
}
