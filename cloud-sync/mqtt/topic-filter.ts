/** Does a topic filter match a topic (MQTT 5 §4.7)? `+` stands for one level, `#` for all that follow. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

export const isTopicName = (text: string): boolean => text.length > 0 && !/[+#\0]/.test(text);

/** `$share/{group}/{filter}` taken apart (MQTT 5 §4.8.2); a filter of any other kind has no group. */
export function parseFilter(filter: string): { readonly group: string | null; readonly filter: string } {
  const match = /^\$share\/([^/+#]+)\/(.+)$/.exec(filter);
  const [, group, rest] = match ?? [];
  return group === undefined || rest === undefined ? { group: null, filter } : { group, filter: rest };
}

export const sharedFilter = (group: string, filter: string): string => `$share/${group}/${filter}`;
