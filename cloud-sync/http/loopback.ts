/** Is it reached from this machine only? A name is not, not even localhost: a hosts file may say that it is anywhere. */
export const isLoopbackAddress = (host: string): boolean =>
  host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** The names and addresses by which a page that listens there is reached, before an operator adds others. */
export const ownNames = (host: string): readonly string[] =>
  isLoopbackAddress(host) ? ["127.0.0.1", "::1", "localhost", host] : [host];

/** Does what listens there listen on every address of this machine? */
export const isEveryAddress = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** Where a browser finds what listens there. */
export const pageUrl = (place: { readonly isTls: boolean; readonly host: string; readonly port: number }): string => {
  const { isTls, host, port } = place;
  return `${isTls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}/`;
};
