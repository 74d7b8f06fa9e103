export const capacityText = (plans: readonly object[]): string => JSON.stringify(plans);
