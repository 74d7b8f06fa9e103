/** What a sentence is filled with: names, versions, places, numbers. */
export type Facts = Readonly<Record<string, string | number>>;

const place = /\{([a-zA-Z]+)(?:\|([^{}]*))?\}/g;

/**
 * Puts facts into a sentence: `{adapter}` is replaced by the fact of that name, and `{devices|a device|# devices}` by the
 * first form where it is 1 and by the second where it is not, in which `#` stands for it. What is unknown stays.
 */
export const fillText = (sentence: string, facts: Facts): string =>
  sentence.replaceAll(place, (whole: string, name: string, forms?: string) => {
    const fact = facts[name];
    if (fact === undefined) return whole;
    if (forms === undefined) return String(fact);
    const [one = "", other = ""] = forms.split("|");
    return fact === 1 ? one : other.replaceAll("#", String(fact));
  });

/** The names of the facts that a sentence wants. */
export const factsWanted = (sentence: string): readonly string[] => [
  ...new Set([...sentence.matchAll(place)].map(([, name = ""]) => name)),
];
