/** Figures in sentences. */
export const countText = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
