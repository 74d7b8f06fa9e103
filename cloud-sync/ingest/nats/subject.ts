/**
 * How NATS names what MQTT calls a topic: `/` becomes `.`, and a `.` inside a level becomes `//` (servers from 2.9.18
 * on; Debian's 2.9.10 refuses topics with a dot, so there a gateway id must not hold one). The levels of this contract
 * are never empty, so the other escapes cannot occur. Source: "Topics and subjects", docs.nats.io.
 */
export const subjectOfTopic = (topic: string): string =>
  topic.replaceAll(/[./]/g, (sign) => (sign === "." ? "//" : "."));

/** The topic under which a gateway published what lies in the stream; null if it is not a message of the stream. */
export const topicOfSubject = (subject: string): string | null =>
  subject.startsWith(messagesPrefix) ? topicOfLiveSubject(subject.slice(messagesPrefix.length)) : null;

/** The same of what the server hands on as it is published. */
export const topicOfLiveSubject = (subject: string): string =>
  subject.replaceAll(/\/\/|\./g, (sign) => (sign === "." ? "/" : "."));

/** Where the server's MQTT listener stores each QoS 1 publish before it sends the PUBACK. */
export const messagesStream = "$MQTT_msgs";
export const messagesPrefix = "$MQTT.msgs.";
