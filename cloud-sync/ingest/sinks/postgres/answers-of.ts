/**
 * What several statements that travel together were answered. Rejects with the failure of the first, in their order, that
 * failed: those after it are refused only because it was.
 */
export async function answersOf<const Asked extends readonly Promise<unknown>[]>(
  asked: Asked,
): Promise<{ -readonly [Index in keyof Asked]: Awaited<Asked[Index]> }> {
  await Promise.allSettled(asked);
  return await Promise.all(asked);
}
