/**
 * The newer of two snapshots, made of what the older one is made of where both say the same; the older one itself if they
 * say the same in all. So what has not changed is not drawn anew.
 */
export function withSameParts<Value extends object>(newer: Value, older: Value): Value {
  const made = { ...newer };
  let isSame = true;
  for (const name in newer) {
    if (JSON.stringify(newer[name]) === JSON.stringify(older[name])) made[name] = older[name];
    else isSame = false;
  }
  return isSame ? older : made;
}
