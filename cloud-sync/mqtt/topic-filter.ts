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
